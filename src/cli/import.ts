import { isMap, parseDocument } from "yaml";
import { convert, type Converted, type Note } from "#compat/pwrstat/convert.ts";
import { oldFile, type OldFile } from "#compat/pwrstat/old-file.ts";
import { check } from "#config/check.ts";
import { withSecrets } from "#config/edit.ts";
import { entryText } from "#config/entry-text.ts";
import { jsonSchema } from "#config/expectation.ts";
import { freeId } from "#config/free-id.ts";
import { insertDevice } from "#config/insert-device.ts";
import { checkText, secretsFile } from "#config/load.ts";
import { formatPath, formatProblem, type Finding } from "#config/problem.ts";
import { readTree, type Tree } from "#config/tree.ts";
import { vaultOfText, type Vault } from "#config/vault.ts";
import { readTextIfThere, replaceText } from "#platform/file.ts";
import { besideFile } from "#platform/path.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import type { CliNeeds } from "./need.ts";

export interface ImportOptions {
  /** The configuration that it is written into; without it, to standard output. */
  readonly to?: string;
  /** The UPS that is shown, when the configuration has it already. */
  readonly device?: string;
}

/** The vendor's daemon, where its package puts its socket. */
const vendor = { driver: "pwrstat", socket: "/var/pwrstatd.ipc" } as const;

type Data = Readonly<Record<string, unknown>>;
const isData = (value: unknown): value is Data => typeof value === "object" && value !== null && !Array.isArray(value);
const at = (value: unknown, path: readonly string[]): unknown => path.reduce<unknown>((inner, key) => (isData(inner) ? inner[key] : undefined), value);

const sections = ["mqtt", "rest", "prometheus"] as const;
const known: ReadonlySet<string> = new Set(["pwrstat_api", ...sections]);

const read = async (file: string): Promise<string | undefined> => {
  try {
    return await readTextIfThere(file);
  } catch (error) {
    throw new Stop(exitCodes.usage, `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
};

/** What is wrong with the old file ends the import with every line of it, and with nothing written. */
const refuse = (lines: readonly string[]): never => {
  throw new Stop(exitCodes.configuration, [...lines.map((line) => `refused  ${line}`), "Nothing was imported."].join("\n"));
};

interface Old {
  readonly value: OldFile;
  readonly tree: Tree;
}

const readOld = (file: string, text: string): Old => {
  const parsed = readTree(text, vaultOfText(undefined, secretsFile, {}));
  if ("fractures" in parsed) return refuse(parsed.fractures.map(({ line, column, message }) => formatProblem({ file, line, column, message, path: "" })));
  const { tree } = parsed;
  const { value, findings } = check(oldFile, tree.value, { tree, path: [], wants: jsonSchema(oldFile) });
  const nothing: readonly Finding[] =
    value && !sections.some((section) => value[section]) ? [{ path: [], at: "value", message: `has none of ${sections.join(", ")}` }] : [];
  const wrong = [...tree.findings, ...findings, ...nothing].map(({ path, at: where, hidden, ...rest }) => ({
    file,
    ...tree.place(path, where),
    path: hidden ? "" : formatPath(path),
    ...rest,
  }));
  return value && wrong.length === 0 ? { value, tree } : refuse(wrong.map(formatProblem));
};

/** Where it goes. */
interface Target {
  /** Undefined: there is no such file yet. */
  readonly text: string | undefined;
  readonly value: Data;
  readonly secrets: string | undefined;
  readonly vault: Vault;
}

const readTarget = async (file: string | undefined, { environment }: CliNeeds): Promise<Target> => {
  const text = file === undefined ? undefined : await read(file);
  const secrets = file === undefined ? undefined : await read(besideFile(file, secretsFile));
  const vault = vaultOfText(secrets, secretsFile, environment);
  const parsed = text === undefined ? undefined : readTree(text, vault);
  if (parsed && "fractures" in parsed) throw new Stop(exitCodes.configuration, `${file} has to be put right first: rack-power check ${file}`);
  const value = parsed && isData(parsed.tree.value) ? parsed.tree.value : {};
  if (value["compat"] !== undefined) throw new Stop(exitCodes.refused, `${file} has a section compat already; nothing was changed`);
  return { text, value, secrets, vault };
};

const secretName = ({ vault }: Target, password: string | undefined): string => {
  const names = ["pwrstat-mqtt", ...Array.from({ length: 99 }, (_, place) => `pwrstat-mqtt-${place + 2}`)];
  return names.find((name) => vault.secret(name).text === undefined || vault.secret(name).text === password) ?? "pwrstat-mqtt";
};

const section = (name: string, value: Data): string => entryText(name, value, { indent: "", step: 2, newline: "\n" });

/** The configuration with what was imported; undefined when it is written in a way that is not changed by itself. */
const compose = ({ text = "", value }: Target, { pwrstat, log }: Converted, device: string): string | undefined => {
  const { contents } = parseDocument(text, { prettyErrors: false, logLevel: "silent" });
  if (contents !== null && (!isMap(contents) || contents.flow === true)) return undefined;
  const withDevice = isData(at(value, ["devices", device])) ? text : insertDevice(text, device, vendor);
  if (withDevice === undefined) return undefined;
  const level = log !== undefined && value["log"] === undefined ? `log: ${log}\n` : "";
  return `${withDevice.replace(/(?<=[^\n])$/, "\n")}\n${level}${section("compat", { pwrstat })}`;
};

const chooseDevice = ({ value }: Target, wished: string | undefined): string => {
  const devices = new Set(Object.keys(isData(value["devices"]) ? value["devices"] : {}));
  if (wished === undefined) return freeId("ups", devices);
  if (devices.has(wished)) return wished;
  throw new Stop(exitCodes.usage, `--device: there is no device ${wished} in the file of --to`);
};

const reportOf = (file: string, { value, tree }: Old, { notes }: Converted, target: Target): readonly string[] => {
  const strange = Object.keys(isData(tree.value) ? tree.value : {}).filter((name) => !known.has(name));
  const hasLog = target.value["log"] !== undefined && value.pwrstat_api?.log_level !== undefined;
  const all: readonly Note[] = [
    ...notes.map((note): Note =>
      hasLog && note.path[0] === "pwrstat_api" ? { ...note, kind: "ignored", says: "the configuration says already how much is told" } : note,
    ),
    ...strange.map((name): Note => ({ kind: "ignored", path: [name], says: "the forerunner did not read it either" })),
  ];
  return all
    .map((note) => ({ ...note, ...tree.place(note.path, "key") }))
    .toSorted((one, other) => one.line - other.line)
    .map(({ kind, line, column, path, says }) => `${kind.padEnd(8)} ${file}:${line}:${column}: ${formatPath(path)} → ${says}`);
};

const write = async (file: string, target: Target, text: string, secrets: string | undefined): Promise<void> => {
  const beside = besideFile(file, secretsFile);
  const kept = secrets === target.secrets || (await replaceText(beside, target.secrets, secrets ?? ""));
  if (!kept || !(await replaceText(file, target.text, text))) throw new Stop(exitCodes.failed, `somebody changed ${file} at this very moment: try again`);
};

/** Says everything of a secret but the secret. */
const secretLines = ({ secrets }: Converted, file: string): readonly string[] =>
  [...secrets.keys()].map((name) => `secret   ${secretsFile} needs a line "${name}: …" with the password of ${file}`);

/** Turns pwrstat_docker's file into ours, all of it or nothing, and says what became of each key. */
export const importFile = async (file: string, { to, device: wished }: ImportOptions, needs: CliNeeds): Promise<ExitCode> => {
  if (to === undefined && wished !== undefined) throw new Stop(exitCodes.usage, "--device is one of the file of --to, which is missing");
  const text = await read(file);
  if (text === undefined) throw new Stop(exitCodes.usage, `${file}: there is no such file`);
  const old = readOld(file, text);
  const target = await readTarget(to, needs);
  const device = chooseDevice(target, wished);
  const converted = convert(old.value, { device, secret: secretName(target, old.value.mqtt?.password), has: (path) => at(old.tree.value, path) !== undefined });
  const composed = compose(target, converted, device);
  const secrets = withSecrets(target.secrets, converted.secrets, target.vault);
  if (composed === undefined || (secrets === undefined && converted.secrets.size > 0)) {
    throw new Stop(exitCodes.refused, `${to} is written in a way that is not changed by itself: import without --to, and paste the lines`);
  }
  const tried = await checkText(to ?? "rack-power.yaml", composed, vaultOfText(secrets, secretsFile, needs.environment), needs.drivers());
  if (!tried.ok) throw new Stop(exitCodes.configuration, [...tried.problems.map(formatProblem), "Nothing was written."].join("\n"));
  needs.complain(`${reportOf(file, old, converted, target).join("\n")}\n`);
  if (to === undefined) {
    needs.print(composed.trimStart());
    needs.complain(
      secretLines(converted, file)
        .map((line) => `${line}\n`)
        .join(""),
    );
    return exitCodes.ok;
  }
  await write(to, target, composed, secrets);
  needs.complain(`${target.text === undefined ? "written" : "added"}  to ${to}; the rest of it is as it was\n`);
  return exitCodes.ok;
};
