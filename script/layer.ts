import { posix } from "node:path";

import { parseSync, Visitor, type ESTree } from "rolldown/utils";

import { lineAt, type Finding, type Sources } from "./source.ts";

interface Law {
  /** What its files may import beside their own layer: exact, or everything that begins with the text before a `*`. */
  readonly may: readonly string[];
  /** Its folders are strangers to each other, and each has packages of its own. A key that ends in `.ts` is a file of the layer's root. */
  readonly apart?: Readonly<Record<string, readonly string[]>>;
}

const basis = ["#domain/*", "#platform/*"] as const;
const bus = ["#store/read.ts", "#engine/bus.ts"] as const;

/** Who may import whom (design, section 8). A layer that is not here may not exist. Lists of what is allowed, so that a new package is refused until it is written here. */
export const laws: Readonly<Record<string, Law>> = {
  domain: { may: [] },
  platform: { may: ["node:*", "pino", "pino-pretty"] },
  config: { may: [...basis, "zod", "yaml"] },
  transport: {
    may: [...basis, "node:*"],
    apart: {
      snmp: ["net-snmp"],
      exec: ["execa"],
      ipmi: ["#transport/exec/*"],
      nut: [],
      apcupsd: [],
      pwrstat: ["#transport/exec/*"],
      homeassistant: ["home-assistant-js-websocket"],
    },
  },
  driver: {
    may: [...basis, "#transport/*", "#driver/contract.ts", "#driver/option.ts", "zod"],
    apart: { profile: ["yaml", "node:url"], nut: [], apcupsd: [], ipmi: [], pwrstat: [], "home-assistant": [], "registry.ts": ["#driver/*"] },
  },
  store: { may: [...basis] },
  engine: { may: [...basis, "#store/*", "#driver/contract.ts"] },
  publish: {
    may: [...basis, ...bus, "#publish/text/*", "node:crypto"],
    apart: {
      mqtt: ["mqtt"],
      rest: ["fastify", "@fastify/*", "zod", "prom-client", "openapi-types", "node:net", "node:stream"],
      nut: ["node:events", "node:net", "node:string_decoder", "node:tls"],
      text: ["yaml", "node:fs", "node:path"],
    },
  },
  compat: { may: [...basis, ...bus], apart: { pwrstat: ["mqtt", "zod", "node:http", "node:https", "node:net"] } },
  ui: { may: ["#domain/*", "#publish/rest/page-source.ts", "node:fs", "node:path", "yaml"] },
  homeassistant: { may: [...basis, ...bus, "#transport/homeassistant/*"] },
  // The simulated NUT server is ours, before UPSs that somebody makes up.
  simulator: { may: [...basis, "#transport/*", "#publish/nut/*", "node:*", "aedes", "net-snmp"] },
  cli: { may: ["*"] },
  program: { may: ["*"] },
  main: { may: ["*"] },
};

/** A specifier as written, and where. */
interface Import {
  readonly specifier: string;
  readonly offset: number;
}

const literal = (node: ESTree.Node | null | undefined): string => (node?.type === "Literal" && typeof node.value === "string" ? node.value : "(computed)");

/** Every way in which a module names another: import and export, types too, `import()`, `require()`. */
export const importsOf = (file: string, text: string): readonly Import[] => {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (source: ESTree.Node | null | undefined): void => {
    if (source) found.push({ specifier: literal(source), offset: source.start });
  };
  new Visitor({
    ImportDeclaration: ({ source }) => add(source),
    ExportAllDeclaration: ({ source }) => add(source),
    ExportNamedDeclaration: ({ source }) => add(source),
    ImportExpression: ({ source }) => add(source),
    TSImportType: ({ source }) => add(source),
    CallExpression: ({ callee, arguments: [first] }) => {
      if (callee.type === "Identifier" && callee.name === "require") add(first);
    },
  }).visit(program);
  return found;
};

const matches = (name: string, pattern: string): boolean => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern);

/** `src/transport/snmp/oid.ts` → transport, snmp. A file of `src` itself belongs to the composition root, `main`. */
const place = (file: string): { readonly layer: string; readonly room: string } => {
  const [, layer = "", room = ""] = file.split("/");
  return layer.endsWith(".ts") ? { layer: "main", room: "" } : { layer, room };
};

/** A relative path becomes the same name that a specifier of another layer would have. */
const nameOf = (file: string, specifier: string): string => {
  if (!specifier.startsWith(".")) return specifier;
  const path = posix.join(posix.dirname(file), specifier);
  if (!path.startsWith("src/")) return path;
  return place(path).layer === "main" ? `#main/${path.slice(4)}` : `#${path.slice(4)}`;
};

const allowed = (file: string, specifier: string): boolean => {
  const { layer, room } = place(file);
  const law = laws[layer];
  const name = nameOf(file, specifier);
  if (law === undefined || name.startsWith("#test/") || name.startsWith("test/") || name === "(computed)") return false;
  const own = law.apart === undefined || room.endsWith(".ts") ? `#${layer}/` : `#${layer}/${room}/`;
  const atHome = name.startsWith(own) && (law.apart === undefined || own !== `#${layer}/` || place(`src/${name.slice(1)}`).room.endsWith(".ts"));
  return atHome || [...law.may, ...(law.apart?.[room] ?? [])].some((pattern) => matches(name, pattern));
};

/** Judges every import of the files under `src`. */
export const checkLayers = (sources: Sources): { readonly files: number; readonly imports: number; readonly findings: readonly Finding[] } => {
  let imports = 0;
  const findings: Finding[] = [];
  for (const [file, text] of sources) {
    const { layer, room } = place(file);
    const law = laws[layer];
    if (law === undefined) findings.push({ file, line: 1, what: `there is no layer ${layer}` });
    else if (law.apart !== undefined && !room.endsWith(".ts") && law.apart[room] === undefined)
      findings.push({ file, line: 1, what: `${layer}/${room} has no law yet` });
    else
      for (const { specifier, offset } of importsOf(file, text)) {
        imports++;
        if (!allowed(file, specifier)) findings.push({ file, line: lineAt(text, offset), what: `${layer} may not import ${specifier}` });
      }
  }
  return { files: sources.size, imports, findings };
};
