import { readTextIfThere } from "#platform/file.ts";
import { sha256 } from "#platform/digest.ts";
import { besideFile } from "#platform/path.ts";
import { check } from "./check.ts";
import { knownIds, type KnownIds } from "./known-id.ts";
import { compatFiles, pwrstatSettings, strangers } from "./compat-settings.ts";
import type { Configuration, DeviceEntry, Loaded, MqttSettings, RestSettings, Usable } from "./configuration.ts";
import { readDevice } from "./device-entry.ts";
import type { Drivers } from "./editor-schema.ts";
import { jsonSchema } from "./expectation.ts";
import { nutServerFiles, nutServerFindings, nutServerSettings } from "./nut-server-settings.ts";
import { formatPath, type Finding, type Path, type Problem } from "./problem.ts";
import { redact, secretsIn } from "./secret-text.ts";
import { sectionSchema, type Sections } from "./section-schema.ts";
import { readTree, type Tree } from "./tree.ts";
import { openVault, type Vault } from "./vault.ts";

const sectionWants = jsonSchema(sectionSchema);

const located = (file: string, tree: Tree, list: readonly Finding[]): readonly Problem[] =>
  list.map(({ path, at, message, expected, suggestion, hidden }) => ({
    file,
    ...tree.place(path, at),
    path: hidden ? `${formatPath(path.slice(0, -1))}.…` : formatPath(path),
    message,
    ...(expected !== undefined && { expected }),
    ...(suggestion !== undefined && { suggestion }),
  }));

const inOrder = (problems: readonly Problem[]): readonly Problem[] => problems.toSorted((one, other) => one.line - other.line || one.column - other.column);

/** The tree's own findings first: whatever a schema says of the same place follows from them. */
const withTree = (own: readonly Finding[], others: readonly Finding[]): readonly Finding[] => {
  const known = new Set(own.map(({ path }) => JSON.stringify(path)));
  return [...own, ...others.filter(({ path }) => !known.has(JSON.stringify(path)))];
};

const ofDevice = ({ path }: Finding, key?: string): boolean => path[0] === "devices" && path.length > 1 && (key === undefined || path[1] === key);

const readDevices = (file: string, tree: Tree, data: Readonly<Record<string, unknown>>, drivers: Drivers, ids: KnownIds): readonly DeviceEntry[] => {
  const taken = new Set<string>();
  return Object.entries(data).map(([key, value]): DeviceEntry => {
    const { settings, options, findings } = readDevice(key, value, { tree, drivers, ids, taken });
    taken.add(settings.id);
    const all = withTree(
      tree.findings.filter((finding) => ofDevice(finding, key)),
      findings,
    );
    return all.length === 0 ? { settings, options } : { settings, problems: inOrder(located(file, tree, all)) };
  });
};

const readable = async (path: string): Promise<boolean> => {
  try {
    return (await readTextIfThere(path)) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
};

const mqttSettings = (file: string, { tls: { ca, cert, key, rejectUnauthorized }, ...rest }: NonNullable<Sections["mqtt"]>): MqttSettings => {
  const files = Object.fromEntries(Object.entries({ ca, cert, key }).flatMap(([name, path]) => (path === undefined ? [] : [[name, besideFile(file, path)]])));
  return { ...rest, tls: { ...files, rejectUnauthorized } };
};

/** The value at a path of the file as it stands: what no schema sees is looked for even when a schema finds something else. */
const rawAt = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, step) => (typeof inner === "object" && inner !== null ? (inner as Record<string | number, unknown>)[step] : undefined), value);

const namedFiles: readonly Path[] = [["mqtt", "tls", "ca"], ["mqtt", "tls", "cert"], ["mqtt", "tls", "key"], ...compatFiles, ...nutServerFiles];

const missingFiles = async (file: string, { value }: Tree): Promise<readonly Finding[]> => {
  const findings = namedFiles.map(async (path): Promise<readonly Finding[]> => {
    const name = rawAt(value, ...path);
    if (typeof name !== "string" || name === "" || (await readable(besideFile(file, name)))) return [];
    return [{ path, at: "value", message: "there is no such file, or it cannot be read" }];
  });
  return (await Promise.all(findings)).flat();
};

const repeatedKeys = ({ value }: Tree): readonly Finding[] => {
  const keys = rawAt(value, "rest", "keys");
  if (!Array.isArray(keys)) return [];
  const messages = { name: "is the name of a key above", key: "is the same key as one above" } as const;
  return keys.flatMap((key, at) =>
    (["name", "key"] as const).flatMap((word): readonly Finding[] => {
      const text = rawAt(key, word);
      const repeated = typeof text === "string" && keys.slice(0, at).some((other) => rawAt(other, word) === text);
      return repeated ? [{ path: ["rest", "keys", at, word], at: "value", message: messages[word] }] : [];
    }),
  );
};

const restSettings = ({ listen, keys }: NonNullable<Sections["rest"]>): RestSettings => ({
  ...listen,
  keys: keys.map(({ name, key, scopes }) => ({ name, hash: sha256(key.reveal()), scopes })),
});

const assemble = (
  file: string,
  { mqtt, rest, compat, nutServer, data, log }: Sections,
  devices: readonly DeviceEntry[],
  secrets: readonly string[],
): Configuration => ({
  ...(mqtt && { mqtt: mqttSettings(file, mqtt) }),
  ...(rest && { rest: restSettings(rest) }),
  ...(compat?.pwrstat && { compat: { pwrstat: pwrstatSettings(file, compat.pwrstat) } }),
  ...(nutServer && { nutServer: nutServerSettings(file, nutServer) }),
  data: besideFile(file, data),
  ...(log !== undefined && { log }),
  devices,
  secrets,
});

/** The same without the sections in which something is wrong; undefined when what is wrong is in none of them. */
const salvage = (file: string, tree: Tree, devices: readonly DeviceEntry[], wrong: readonly Finding[]): Usable | undefined => {
  const leftOut = new Set(wrong.map(({ path }) => String(path[0] ?? "")));
  if (leftOut.has("") || typeof tree.value !== "object" || tree.value === null) return undefined;
  const rest = Object.fromEntries(Object.entries(tree.value).filter(([name]) => !leftOut.has(name)));
  const { value } = check(sectionSchema, rest, { tree, path: [], wants: sectionWants });
  if (!value) return undefined;
  const secrets = [...tree.secrets, ...secretsIn(value), ...devices.flatMap((device) => ("options" in device ? secretsIn(device.options) : []))];
  return { configuration: assemble(file, value, devices, [...new Set(secrets)]), leftOut: [...leftOut] };
};

const readConfiguration = async (file: string, tree: Tree, drivers: Drivers): Promise<Loaded> => {
  const sections = check(sectionSchema, tree.value, { tree, path: [], wants: sectionWants });
  const rawDevices = (tree.value as { readonly devices?: unknown } | null)?.devices ?? {};
  const areDevices = typeof rawDevices === "object" && !Array.isArray(rawDevices);
  const entries = (areDevices ? rawDevices : {}) as Readonly<Record<string, unknown>>;
  const ids = knownIds(entries, drivers);
  const devices = readDevices(file, tree, entries, drivers, ids);
  const wrong: Finding[] = [
    ...withTree(
      tree.findings.filter((finding) => !ofDevice(finding)),
      sections.findings,
    ),
    ...(areDevices ? [] : [{ path: ["devices"], at: "value", message: "is no map of devices", expected: "an id for each device" } as const]),
    ...repeatedKeys(tree),
    ...(areDevices ? strangers(rawAt(tree.value, "compat", "pwrstat", "device"), ids) : []),
    ...(areDevices ? nutServerFindings(rawAt(tree.value, "nutServer"), ids) : []),
    ...(await missingFiles(file, tree)),
  ];
  const secrets = [
    ...new Set([...tree.secrets, ...secretsIn(sections.value), ...devices.flatMap((device) => ("options" in device ? secretsIn(device.options) : []))]),
  ];
  const clean = devices.map((device): DeviceEntry => ("problems" in device ? { ...device, problems: redact(device.problems, secrets) } : device));
  const ofDevices = clean.flatMap((device) => ("problems" in device ? device.problems : []));
  if (wrong.length > 0 || !sections.value) {
    const usable = areDevices ? salvage(file, tree, clean, wrong) : undefined;
    return { ok: false, problems: inOrder([...redact(located(file, tree, wrong), secrets), ...ofDevices]), ...(usable && { usable }) };
  }
  const configuration = assemble(file, sections.value, clean, secrets);
  return { ok: true, configuration, problems: inOrder(ofDevices) };
};

/** Beside the configuration. */
export const secretsFile = "secrets.yaml";

/** Checks a text as if it stood in the file. */
export const checkText = async (file: string, text: string, vault: Vault, drivers: Drivers): Promise<Loaded> => {
  const result = readTree(text, vault);
  if ("tree" in result) return readConfiguration(file, result.tree, drivers);
  return { ok: false, problems: result.fractures.map(({ message, line, column }) => ({ file, line, column, path: "", message })) };
};

/**
 * Reads the configuration and `secrets.yaml` beside it. Whatever the files hold, it does not throw: it gives a configuration, or says at
 * which line and column there is none. A wrong device is quarantined and the rest is usable.
 */
export const loadConfiguration = async (file: string, drivers: Drivers, environment: Readonly<Record<string, string | undefined>>): Promise<Loaded> => {
  const broken = (message: string): Problem => ({ file, line: 1, column: 1, path: "", message });
  let text: string | undefined;
  try {
    text = await readTextIfThere(file);
  } catch (error) {
    return { ok: false, problems: [broken(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`)] };
  }
  if (text === undefined) return { ok: false, problems: [broken("there is no such file")] };
  return checkText(file, text, await openVault(besideFile(file, secretsFile), secretsFile, environment), drivers);
};
