import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { readTextIfThere } from "#platform/file.ts";
import { closest } from "./suggestion.ts";
import { sentences } from "./yaml-error.ts";

/** The text behind a name, or why there is none. */
export interface Found {
  readonly text?: string;
  readonly trouble?: string;
  readonly suggestion?: string;
}

/** Where `!secret` and `!env` look. The name is not repeated in messages: people write the secret itself there. */
export interface Vault {
  secret(name: string): Found;
  env(name: string): Found;
}

const longestText = 262_144;

type Secrets = { readonly texts: ReadonlyMap<string, string> } | { readonly trouble: string };

/** Every value is a text, as it is written: `pin: 0042` is "0042". */
const parseSecrets = (file: string, text: string): Secrets => {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false, stringKeys: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    return { trouble: `${file}:${line}:${col} cannot be read: ${sentences[error.code]}` };
  }
  if (document.contents === null) return { texts: new Map() };
  if (!isMap(document.contents)) return { trouble: `${file}:1:1 must be a list of lines such as "name: text"` };
  const texts = document.contents.items.flatMap(({ key, value }) =>
    isScalar(key) && isScalar(value) && value.value !== "" ? [[String(key.value), String(value.value)] as const] : [],
  );
  return { texts: new Map(texts) };
};

const secretsOf = (shown: string, text: string | undefined): Secrets => {
  if (text === undefined) return { trouble: `there is no ${shown}` };
  try {
    return text.length > longestText ? { trouble: `${shown} is larger than 256 KiB` } : parseSecrets(shown, text);
  } catch (error) {
    // The parser recurses; a text nested ten thousand deep ends the stack.
    if (error instanceof RangeError) return { trouble: `${shown} cannot be read: ${sentences.RESOURCE_EXHAUSTION}` };
    throw error;
  }
};

const readSecrets = async (file: string, shown: string): Promise<Secrets> => {
  try {
    return secretsOf(shown, await readTextIfThere(file));
  } catch (error) {
    return { trouble: `${shown} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})` };
  }
};

const vaultOf = (secrets: Secrets, shown: string, environment: Readonly<Record<string, string | undefined>>): Vault => ({
  secret: (name) => {
    if ("trouble" in secrets) return { trouble: secrets.trouble };
    const text = secrets.texts.get(name);
    if (text !== undefined) return { text };
    const suggestion = closest(name, secrets.texts.keys());
    return { trouble: `${shown} has no text of this name`, ...(suggestion !== undefined && { suggestion }) };
  },
  env: (name) => {
    const text = environment[name];
    return text === undefined || text === "" ? { trouble: "the environment has no such variable" } : { text };
  },
});

/** Reads the secrets beside the configuration. A missing or broken file is told only to whoever asks for a secret. `shown`: the file's name in messages. */
export const openVault = async (file: string, shown: string, environment: Readonly<Record<string, string | undefined>>): Promise<Vault> =>
  vaultOf(await readSecrets(file, shown), shown, environment);

/** The same of a text that may not be on the disk yet. */
export const vaultOfText = (text: string | undefined, shown: string, environment: Readonly<Record<string, string | undefined>>): Vault =>
  vaultOf(secretsOf(shown, text), shown, environment);
