import { parse } from "yaml";
import { draftEntry, fitting, type Draft, type Given as Option } from "#config/entry-draft.ts";
import { secretsIn } from "#config/secret-text.ts";
import type { Driver } from "#driver/contract.ts";
import { readTextIfThere } from "#platform/file.ts";
import { exitCodes, Stop } from "./exit-code.ts";

/** One `--set key=value`. */
export interface Given extends Option {
  /** It came from the environment or a file, and not from the command line that everybody can see. */
  readonly hidden: boolean;
}

const valueOf = async (
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly value: unknown; readonly hidden: boolean }> => {
  const [, tag, name = ""] = /^!(env|file) +(.+)$/.exec(text) ?? [];
  if (tag === undefined) {
    const value: unknown = /^[\w.+-]+$/.test(text) ? parse(text) : text;
    return { value, hidden: false };
  }
  const value = tag === "env" ? environment[name] : (await readTextIfThere(name))?.trim();
  if (value === undefined || value === "")
    throw new Stop(exitCodes.usage, tag === "env" ? "--set: the environment has no such variable" : "--set: there is no such file");
  return { value: String(value), hidden: true };
};

/** `community='!env COMMUNITY'`, `port=1161`, `authentication.key='!file key.txt'` */
export const readGiven = async (pairs: readonly string[], environment: Readonly<Record<string, string | undefined>>): Promise<readonly Given[]> =>
  Promise.all(
    pairs.map(async (pair) => {
      const [, key, text = ""] = /^([a-zA-Z][\w.]*)=(.*)$/s.exec(pair) ?? [];
      if (key === undefined) throw new Stop(exitCodes.usage, "--set: expected key=value");
      return { path: key.split("."), ...(await valueOf(text, environment)) };
    }),
  );

/** The driver's options out of what was given. Stops at a secret that stands in the open; a community is none as long as it is the one that every manual prints. */
export const assemble = (name: string, driver: Driver<never>, host: string, given: readonly Given[]): Draft | { readonly lacking: string } => {
  const draft = draftEntry(name, driver, host, given);
  if ("lacking" in draft) return draft;
  const secrets = secretsIn(draft.options);
  const seen = fitting(driver.options, given).find(({ hidden, value }) => !hidden && secrets.includes(String(value)) && value !== "public");
  if (seen)
    throw new Stop(
      exitCodes.usage,
      `--set ${seen.path.join(".")}: everybody on this machine can see what stands in a command; write '!env NAME' or '!file PATH' instead`,
    );
  return draft;
};
