import type { z } from "zod";
import type { Answer } from "#domain/identified.ts";
import { Secret } from "#domain/secret.ts";
import { entryText, secretName, secretTag } from "./entry-text.ts";
import { jsonSchema, keysAt } from "./expectation.ts";
import { secretsIn } from "./secret-text.ts";

/** One option of a driver, such as `authentication.key`. */
export interface Given {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** An entry of the configuration that is only tried. */
export interface Draft {
  readonly driver: string;
  /** As the driver's own schema made it. */
  readonly options: unknown;
  /** The keys as they would stand in the file, secrets and all. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** What every manual prints is what most devices have. */
const usual: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { snmp: { community: "public" } };

/** What a host is to a driver that has another word for it: a daemon's socket on this machine; to Home Assistant, devices are entities. */
const addressed = (options: z.ZodType, host: string): Readonly<Record<string, unknown>> => {
  const known = keysAt(jsonSchema(options), []);
  if (known.includes("host")) return { host };
  if (known.includes("socket")) return host.startsWith("/") ? { socket: host } : {};
  const [, domain, name = ""] = /^(\w+)\.(\w+)$/.exec(host) ?? [];
  if (domain === undefined) return {};
  return ["switch", "input_boolean"].includes(domain) ? { switch: host } : { sensors: { [name]: host } };
};

/** What says which device an entry is about, whatever else it holds. */
export const addressOption = ({ host, socket, program, switch: entity, sensors }: Readonly<Record<string, unknown>>): unknown =>
  host ?? socket ?? program ?? entity ?? sensors ?? null;

const place = (target: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void => {
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = (target[key] ??= {});
  if (typeof inner === "object" && inner !== null) place(inner as Record<string, unknown>, rest, value);
};

/** What of the given the driver has a key for. */
export const fitting = <G extends Given>(options: z.ZodType, given: readonly G[]): readonly G[] => {
  const known = keysAt(jsonSchema(options), []);
  return given.filter(({ path }) => known.includes(path[0] ?? ""));
};

/** The driver's options out of what was given; what the driver has no key for is left out, so that several can be tried. */
export const draftEntry = (
  driver: string,
  { options }: { readonly options: z.ZodType },
  host: string,
  given: readonly Given[],
): Draft | { readonly lacking: string } => {
  const own = fitting(options, given);
  const overruled = own.some(({ path }) => path[0] === "user");
  const raw: Record<string, unknown> = { ...addressed(options, host), ...(overruled ? {} : usual[driver]) };
  for (const { path, value } of own) place(raw, path, value);
  const parsed = options.safeParse(raw);
  if (parsed.success) return { driver, options: parsed.data, raw };
  return { lacking: [...new Set(parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : path.join("."))))].join(", ") };
};

/** Secrets of an entry by the name that each has in secrets.yaml. */
export type NamedSecrets = ReadonlyMap<string, string>;

/** `raw` with a name instead of each secret, `<id>-<key>`, and the secrets apart. `parsed`: what the driver's schema made of it; `taken`: what a name stands for already. */
export const nameSecrets = (
  id: string,
  raw: Readonly<Record<string, unknown>>,
  parsed: unknown,
  taken: (name: string) => string | undefined = () => undefined,
): { readonly entry: Readonly<Record<string, unknown>>; readonly secrets: NamedSecrets } => {
  const secrets = new Map<string, string>();
  const free = (name: string, text: string, count = 1): string => {
    const tried = count === 1 ? name : `${name}-${count}`;
    return (taken(tried) ?? text) === text ? tried : free(name, text, count + 1);
  };
  // Where the schema keeps the shape, the place tells; else the text.
  const moved = new Set(secretsIn(parsed));
  const walk = (value: unknown, made: unknown, path: readonly string[]): unknown => {
    if (secretName(value) !== undefined) return value;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, walk(inner, (made as Record<string, unknown> | undefined)?.[key], [...path, key])]),
      );
    const isSecret = made instanceof Secret || (made === undefined && typeof value === "string" && moved.has(value));
    if (!isSecret) return value;
    const name = free([id, ...path].join("-"), String(value));
    secrets.set(name, String(value));
    return `${secretTag} ${name}`;
  };
  return { entry: walk(raw, parsed, []) as Record<string, unknown>, secrets };
};

/** A draft that a device has answered, ready to be pasted or added. */
export const showDraft = ({ driver, raw, options }: Draft, id: string): Pick<Answer, "id" | "entry" | "yaml"> & { readonly secrets: NamedSecrets } => {
  const { entry, secrets } = nameSecrets(id, raw, options);
  const whole = { driver, ...entry };
  return { id, entry: whole, yaml: entryText(id, whole, { indent: "  ", step: 2, newline: "\n" }), secrets };
};
