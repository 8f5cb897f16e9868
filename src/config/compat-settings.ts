import { sha256 } from "#platform/digest.ts";
import { besideFile } from "#platform/path.ts";
import type { DoorSettings, PwrstatSettings } from "./configuration.ts";
import type { KnownIds } from "./known-id.ts";
import type { Finding, Path } from "./problem.ts";
import type { Sections } from "./section-schema.ts";
import { closest } from "./suggestion.ts";

type PwrstatSection = NonNullable<NonNullable<Sections["compat"]>["pwrstat"]>;

const besides = <T extends Readonly<Record<string, unknown>>>(file: string, paths: T): T =>
  Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, typeof path === "string" ? besideFile(file, path) : path])) as T;

const doorSettings = (file: string, { listen, tls, key }: NonNullable<PwrstatSection["rest"]>): DoorSettings => ({
  ...listen,
  ...(tls && { tls: besides(file, tls) }),
  ...(key && { keyHash: sha256(key.reveal()) }),
});

const messageSettings = (file: string, { availability, ...rest }: NonNullable<PwrstatSection["mqtt"]>): NonNullable<PwrstatSettings["mqtt"]> => ({
  ...rest,
  tls: besides(file, rest.tls),
  ...(availability !== "none" && { availability: availability ?? `${rest.topic}/availability` }),
});

/** With paths made absolute and of keys only what tells them. */
export const pwrstatSettings = (file: string, { device, exact, rest, mqtt, prometheus }: PwrstatSection): PwrstatSettings => ({
  device,
  exact,
  ...(rest && { rest: doorSettings(file, rest) }),
  ...(mqtt && { mqtt: messageSettings(file, mqtt) }),
  ...(prometheus && { prometheus: { ...doorSettings(file, prometheus), labels: prometheus.labels } }),
});

/** Paths in the file at which the name of a file stands. */
export const compatFiles: readonly Path[] = [
  ...["rest", "prometheus"].flatMap((door) => ["cert", "key"].map((name) => ["compat", "pwrstat", door, "tls", name])),
  ...["ca", "cert", "key"].map((name) => ["compat", "pwrstat", "mqtt", "tls", name]),
];

/** The UPS must be there, though its entry may be wrong. */
export const strangers = (given: unknown, devices: KnownIds): readonly Finding[] => {
  if (typeof given !== "string" || devices.has(given)) return [];
  const suggestion = closest(given, devices);
  return [{ path: ["compat", "pwrstat", "device"], at: "value", message: "is no device of this file", ...(suggestion !== undefined && { suggestion }) }];
};
