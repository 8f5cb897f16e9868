import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { deviceJsonSchema } from "#config/editor-schema.ts";
import { jsonSchema, type JsonSchema } from "#config/expectation.ts";
import { sectionSchema } from "#config/section-schema.ts";
import { deviceShape } from "#config/device-schema.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";
import { z } from "zod";

/** What a key takes, in few words. */
const kindOf = (schema: JsonSchema): string => {
  if ("const" in schema) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return [...new Set(branches.map(kindOf))].join(" or ");
  if (schema.type === "array") return schema.items ? `list of ${kindOf(schema.items)}` : "list";
  const names: Readonly<Record<string, string>> = { string: "text", boolean: "true, false", integer: "number", object: "map" };
  return names[schema.type ?? ""] ?? schema.type ?? "text";
};

interface Row {
  readonly key: string;
  readonly schema: JsonSchema;
  readonly needed: boolean;
}

/** Objects inside objects as `outer.inner`; entries of a list as `list[].inner`; entries by a name of one's own as `map.*.inner`. */
const rowsOf = (schema: JsonSchema, before = ""): readonly Row[] =>
  (schema.anyOf ?? schema.oneOf ?? [schema]).flatMap((branch) =>
    Object.entries(branch.properties ?? {}).flatMap(([name, inner]): readonly Row[] => {
      const key = `${before}${name}`;
      const own: Row = { key, schema: inner, needed: branch.required?.includes(name) === true && inner["default"] === undefined };
      if (inner.items?.properties) return [own, ...rowsOf(inner.items, `${key}[].`)];
      const entry = inner.additionalProperties;
      if (typeof entry === "object" && entry.properties) return [own, ...rowsOf(entry, `${key}.*.`)];
      return inner.properties && inner.description === undefined ? rowsOf(inner, `${key}.`) : [own, ...rowsOf(inner, `${key}.`)];
    }),
  );

const defaultOf = ({ schema, needed }: Row): string => {
  const { default: usual } = schema;
  if (usual === undefined || (typeof usual === "object" && JSON.stringify(usual).length < 3)) return needed ? "needed" : "";
  return `\`${typeof usual === "string" ? usual : JSON.stringify(usual)}\``;
};

const table = (schema: JsonSchema, hidden: ReadonlySet<string> = new Set()): string => {
  const rows = new Map(
    rowsOf(schema)
      .filter(({ key }) => !hidden.has(key))
      .map((row) => [row.key, row]),
  );
  const cells = [...rows.values()].map((row) => [`\`${row.key}\``, kindOf(row.schema), defaultOf(row), row.schema.description ?? ""]);
  return [["key", "takes", "default", "means"], ["---", "---", "---", "---"], ...cells]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
};

/** The add-on's options, with the texts that the Supervisor shows. */
const addOnTable = (root: string): string => {
  const { schema } = parse(readFileSync(join(root, "config.yaml"), "utf8")) as { readonly schema: Readonly<Record<string, unknown>> };
  const { configuration } = parse(readFileSync(join(root, "translations", "en.yaml"), "utf8")) as {
    readonly configuration: Readonly<Record<string, { readonly name: string; readonly description: string }>>;
  };
  const rows = Object.keys(schema).map((key) => `| ${configuration[key]?.name ?? key} | \`${key}\` | ${configuration[key]?.description ?? ""} |`);
  return ["| option | key | means |", "| --- | --- | --- |", ...rows].join("\n");
};

/** Every table of options that the documentation shows, by the name in its marker. */
export const optionTables = (root: string): ReadonlyMap<string, string> => {
  const common = new Set(["driver", ...Object.keys(deviceShape)]);
  const drivers = [...createDrivers(systemClock)].map(([name, { options }]) => {
    const schema = deviceJsonSchema(name, options);
    const inner = rowsOf(schema).flatMap(({ key }) => (common.has(key.split(/[.[]/, 1)[0] ?? "") ? [key] : []));
    return [`driver ${name}`, table(schema, new Set(inner))] as const;
  });
  return new Map([
    ["add-on", addOnTable(root)],
    ["file", table(jsonSchema(sectionSchema), new Set(["devices"]))],
    ["device", table(jsonSchema(z.object(deviceShape)))],
    ...drivers,
  ]);
};

const marker = /(<!-- options: (?<name>[^>]+?) -->\n)(?:[\s\S]*?\n)??(<!-- end -->)/g;

/** The text with each table between its markers as it must be now. */
export const withOptionTables = (text: string, tables: ReadonlyMap<string, string>): string =>
  text.replaceAll(marker, (_: string, before: string, name: string, after: string) => {
    const found = tables.get(name);
    if (found === undefined) throw new Error(`there is no table of options ${name}`);
    return `${before}\n${found}\n\n${after}`;
  });

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  const file = join(root, "DOCS.md");
  writeFileSync(file, withOptionTables(readFileSync(file, "utf8"), optionTables(root)));
}
