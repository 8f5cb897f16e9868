import { isMap, parseDocument } from "yaml";
import type { DeviceId } from "#domain/device.ts";
import type { Added, NotAdded } from "#domain/identified.ts";
import { readTextIfThere, replaceText } from "#platform/file.ts";
import { besideFile } from "#platform/path.ts";
import { isQuarantined, type DeviceEntry, type Loaded } from "./configuration.ts";
import { same } from "./differences.ts";
import { commonKeys } from "./device-schema.ts";
import type { Drivers } from "./editor-schema.ts";
import { nameSecrets, type NamedSecrets } from "./entry-draft.ts";
import { secretName } from "./entry-text.ts";
import { insertDevice } from "./insert-device.ts";
import { checkText, secretsFile } from "./load.ts";
import { problemSentence } from "./problem.ts";
import { readTree } from "./tree.ts";
import { vaultOfText, type Vault } from "./vault.ts";

type Entry = Readonly<Record<string, unknown>>;

export interface EditServices {
  readonly drivers: Drivers;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The secret that a text such as `!secret ap8941-community` of this entry stands for, though it is in no file yet. */
  remembered(entry: Entry, name: string): string | undefined;
}

const refuse = (why: NotAdded, detail: string, problems: readonly string[] = []): Added & { readonly ok: false } => ({ ok: false, why, detail, problems });

const isEntry = (value: unknown): value is Entry => typeof value === "object" && value !== null && !Array.isArray(value);

const replaceLeaves = (value: unknown, leaf: (value: unknown) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((one) => replaceLeaves(one, leaf));
  return isEntry(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceLeaves(inner, leaf)])) : leaf(value);
};

/** The entry as it goes into the file, with the secrets that go beside it. What is wrong with it, the check of the whole text says. */
const prepare = (
  id: DeviceId,
  entry: Entry,
  vault: Vault,
  { drivers, remembered }: EditServices,
): { readonly entry: Entry; readonly secrets: NamedSecrets } => {
  const { driver, ...rest } = entry;
  const remembering = replaceLeaves(rest, (value) => {
    const name = secretName(value);
    return name === undefined ? value : (remembered(entry, name) ?? value);
  }) as Entry;
  const isCommon = ([key]: readonly [string, unknown]): boolean => (commonKeys as readonly string[]).includes(key);
  const own = Object.fromEntries(Object.entries(remembering).filter((one) => !isCommon(one)));
  const resolved = replaceLeaves(own, (value) => {
    const name = secretName(value);
    return name === undefined ? value : (vault.secret(name).text ?? value);
  });
  const parsed = drivers.get(String(driver))?.options.safeParse(resolved);
  const named =
    parsed?.success === true ? nameSecrets(id, own, parsed.data, (name) => vault.secret(name).text) : { entry: own, secrets: new Map<string, string>() };
  return { entry: { driver, ...Object.fromEntries(Object.entries(remembering).filter(isCommon)), ...named.entry }, secrets: named.secrets };
};

/** The text of secrets.yaml with what it does not have yet; undefined when it cannot be read. */
export const withSecrets = (text: string | undefined, secrets: NamedSecrets, vault: Vault): string | undefined => {
  const fresh = [...secrets].filter(([name, secret]) => vault.secret(name).text !== secret);
  if (fresh.length === 0) return text;
  const { contents, errors } = parseDocument(text ?? "", { schema: "failsafe", prettyErrors: false, logLevel: "silent" });
  if (errors.length > 0 || (contents !== null && (!isMap(contents) || contents.flow === true))) return undefined;
  const before = text ?? "";
  const newline = before.includes("\r\n") ? "\r\n" : "\n";
  const gap = before === "" || before.endsWith("\n") ? "" : newline;
  return before + gap + fresh.map(([name, secret]) => `${name}: ${JSON.stringify(secret)}${newline}`).join("");
};

const devicesIn = (value: unknown): Entry => {
  const devices = isEntry(value) ? value["devices"] : undefined;
  return isEntry(devices) ? devices : {};
};

/** True when the new text says what the old one said, and one device more. */
const onlyAdds = (before: string, after: string, id: DeviceId, vault: Vault): boolean => {
  const [old, fresh] = [readTree(before, vault), readTree(after, vault)];
  if (!("tree" in old) || !("tree" in fresh) || !isEntry(fresh.tree.value)) return false;
  const { [id]: added, ...others } = devicesIn(fresh.tree.value);
  const rest = (value: unknown): unknown => (isEntry(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => key !== "devices")) : {});
  return added !== undefined && same(others, devicesIn(old.tree.value)) && same(rest(fresh.tree.value), rest(old.tree.value));
};

const deviceOf = (loaded: Loaded, id: DeviceId): DeviceEntry | undefined =>
  (loaded.ok ? loaded.configuration : loaded.usable?.configuration)?.devices.find(({ settings }) => settings.id === id);

const judge = (loaded: Loaded, before: Loaded, id: DeviceId): Added => {
  const device = deviceOf(loaded, id);
  if (device && isQuarantined(device)) return refuse("wrong", `the entry of ${id} is not as it must be`, device.problems.map(problemSentence));
  if (device && (loaded.ok || !before.ok)) return { ok: true };
  return refuse("wrong", "the configuration file has to be put right first", loaded.problems.map(problemSentence));
};

const unusual = "the file is written in a way that Rack Power does not change by itself: paste the lines instead";

const addTo = async (file: string, text: string, id: DeviceId, entry: Entry, services: EditServices): Promise<Added> => {
  const beside = besideFile(file, secretsFile);
  const secretsText = await readTextIfThere(beside);
  const { drivers, environment } = services;
  const vault = vaultOfText(secretsText, secretsFile, environment);
  const before = await checkText(file, text, vault, drivers);
  const tree = readTree(text, vault);
  if (!("tree" in tree)) return refuse("wrong", "the configuration file has to be put right first", before.problems.map(problemSentence));
  if (Object.hasOwn(devicesIn(tree.tree.value), id) || deviceOf(before, id)) return refuse("exists", `there is a device ${id} already`);
  const prepared = prepare(id, entry, vault, services);
  const newSecrets = withSecrets(secretsText, prepared.secrets, vault);
  if (newSecrets === undefined && prepared.secrets.size > 0) return refuse("wrong", `${secretsFile} has to be put right first`);
  const newText = insertDevice(text, id, prepared.entry);
  if (newText === undefined) return refuse("wrong", unusual);
  const newVault = vaultOfText(newSecrets, secretsFile, environment);
  const judged = judge(await checkText(file, newText, newVault, drivers), before, id);
  if (!judged.ok) return judged;
  if (!onlyAdds(text, newText, id, newVault)) return refuse("wrong", unusual);
  const written = (newSecrets === secretsText || (await replaceText(beside, secretsText, newSecrets ?? ""))) && (await replaceText(file, text, newText));
  return written ? judged : refuse("changed", "somebody changed the file at this very moment: look at it, and try again");
};

/**
 * Writes a device into the configuration, which else stays as it is to the last blank, and its passwords into secrets.yaml beside it.
 * Nothing is written unless the whole passes the checks of `loadConfiguration`.
 */
export const addDevice = async (file: string, id: DeviceId, entry: Entry, services: EditServices): Promise<Added> => {
  try {
    const text = await readTextIfThere(file);
    return text === undefined ? refuse("unwritable", "there is no configuration file") : await addTo(file, text, id, entry, services);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return refuse("unwritable", `the configuration cannot be written (${code})`, [message]);
  }
};
