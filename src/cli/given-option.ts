import { parse } from "yaml";
import { keysAt, jsonSchema } from "#config/expectation.ts";
import { secretsIn } from "#config/secret-text.ts";
import type { Driver } from "#driver/contract.ts";
import { readTextIfThere } from "#platform/file.ts";
import { exitCodes, Stop } from "./exit-code.ts";

/** One `--set key=value`. */
export interface Given {
  readonly path: readonly string[];
  readonly value: unknown;
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
  return { value, hidden: true };
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

/** A community is no secret as long as it is the one that every manual prints. */
const usual: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { snmp: { community: "public" } };

const place = (target: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void => {
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = (target[key] ??= {});
  if (typeof inner === "object" && inner !== null) place(inner as Record<string, unknown>, rest, value);
};

export type Assembled = { readonly options: unknown; readonly raw: Readonly<Record<string, unknown>> } | { readonly lacking: string };

/** The driver's options out of what was given; what the driver has no key for is left out, so that several can be tried. */
export const assemble = (name: string, driver: Driver<never>, host: string, given: readonly Given[]): Assembled => {
  const known = keysAt(jsonSchema(driver.options), []);
  const fitting = given.filter(({ path }) => known.includes(path[0] ?? ""));
  const overruled = fitting.some(({ path }) => path[0] === "user");
  const raw: Record<string, unknown> = { host, ...(overruled ? {} : usual[name]) };
  for (const { path, value, hidden } of fitting) place(raw, path, hidden ? String(value) : value);
  const parsed = driver.options.safeParse(raw);
  if (!parsed.success) {
    return { lacking: [...new Set(parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : path.join("."))))].join(", ") };
  }
  const secrets = secretsIn(parsed.data);
  const seen = fitting.find(({ hidden, value }) => !hidden && secrets.includes(String(value)) && value !== "public");
  if (seen)
    throw new Stop(
      exitCodes.usage,
      `--set ${seen.path.join(".")}: everybody on this machine can see what stands in a command; write '!env NAME' or '!file PATH' instead`,
    );
  return { options: parsed.data, raw };
};
