import { z } from "zod";
import type { Scope } from "#domain/scope.ts";
import type { Secret } from "#domain/secret.ts";
import { sha256 } from "#platform/digest.ts";
import { logLevels, type LogLevel } from "#platform/log.ts";
import type { RestSettings } from "./configuration.ts";
import { either, jsonSchema } from "./expectation.ts";
import { findings, unworded } from "./issue.ts";
import { formatPath } from "./problem.ts";
import { secretsIn } from "./secret-text.ts";
import { key } from "./section-schema.ts";
import { secret, topic, url } from "./value-schema.ts";
import { closest } from "./suggestion.ts";

/** What a person sets once, in the add-on's configuration tab. */
export interface AddonOptions {
  readonly logLevel: LogLevel;
  /** A broker other than the Supervisor's. `wrong`: somebody wants another one, but which cannot be understood; none is better than the wrong one. */
  readonly broker?: { readonly url: string; readonly username?: string; readonly password?: Secret } | "wrong";
  readonly baseTopic?: string;
  readonly discoveryPrefix?: string;
  readonly keys: RestSettings["keys"];
  /** For the log's redactor. */
  readonly secrets: readonly string[];
}

export interface OptionProblem {
  /** `api_keys[0].scopes` */
  readonly option: string;
  /** What is wrong with it and what was expected; holds no value. */
  readonly message: string;
}

/** The schema of `config.yaml`, more exactly: the Supervisor itself checks little more than types. */
const schemas = {
  log_level: z.enum(logLevels).describe("How much is told"),
  mqtt_url: url,
  mqtt_username: z.string().min(1),
  mqtt_password: secret(1, "is empty"),
  base_topic: topic.describe("All our topics begin with this"),
  discovery_prefix: topic.describe("As in Home Assistant's MQTT settings"),
  api_keys: z.array(z.unknown()).describe("Keys with name, key and scopes"),
} as const;
type Name = keyof typeof schemas;
type Values = { readonly [N in Name]?: z.infer<(typeof schemas)[N]> };
type ApiKey = { readonly name: string; readonly key: Secret; readonly scopes: readonly Scope[] };

const names = Object.keys(schemas) as readonly Name[];
const isName = (name: string): name is Name => Object.hasOwn(schemas, name);

export const formatOptionProblem = ({ option, message }: OptionProblem): string => `option ${option}: ${message}`;

/** Checks one value. The problem says what was expected, and never what is there. */
const checkOne = <T>(
  schema: z.ZodType<T>,
  data: unknown,
  path: readonly (string | number)[],
): { readonly value?: T; readonly problems: readonly OptionProblem[] } => {
  const parsed = schema.safeParse(data, { error: () => unworded });
  if (parsed.success) return { value: parsed.data, problems: [] };
  const found = findings({ data, wants: jsonSchema(schema), path }, parsed.error.issues);
  return {
    problems: found.map(({ path: at, message, expected, suggestion, hidden }) => ({
      option: hidden ? `${formatPath(at.slice(0, -1))}.…` : formatPath(at),
      message: `${message}${expected === undefined ? "" : `; expected ${expected}`}${suggestion === undefined ? "" : `. Did you mean "${suggestion}"?`}`,
    })),
  };
};

const unknownOption = (name: string): OptionProblem => {
  const suggestion = closest(name, names);
  return {
    option: formatPath([name]),
    message: `there is no such option; expected ${either(names)}${suggestion === undefined ? "" : `. Did you mean "${suggestion}"?`}`,
  };
};

/** One wrong key does not cost the others. */
const readKeys = (list: readonly unknown[]): { readonly keys: readonly ApiKey[]; readonly problems: readonly OptionProblem[] } => {
  const problems: OptionProblem[] = [];
  const keys: ApiKey[] = [];
  for (const [at, entry] of list.entries()) {
    const { value, problems: wrong } = checkOne(key, entry, ["api_keys", at]);
    problems.push(...wrong);
    if (value === undefined) continue;
    const twice = keys.some(({ name }) => name === value.name) ? "name" : keys.some((one) => one.key.reveal() === value.key.reveal()) ? "key" : undefined;
    if (twice === undefined) keys.push(value);
    else problems.push({ option: `api_keys[${at}].${twice}`, message: twice === "name" ? "is the name of a key above" : "is the same key as one above" });
  }
  return { keys, problems };
};

/** Of a broker without its address there is nothing to reach. */
const lonely = ({ mqtt_username, mqtt_password }: Values, urlGiven: boolean): readonly OptionProblem[] => {
  const used = (option: Name, value: unknown): readonly OptionProblem[] =>
    !urlGiven && value !== undefined ? [{ option, message: "is used only together with mqtt_url" }] : [];
  return [...used("mqtt_username", mqtt_username), ...used("mqtt_password", mqtt_password)];
};

/**
 * Makes the best of the options: what is wrong is told and left out, and the rest is used. `data`: the parsed options.json, or what the
 * Supervisor answers. A text that is empty counts as not set, as the form in Home Assistant leaves such behind.
 */
export const readOptions = (data: unknown): { readonly options: AddonOptions; readonly problems: readonly OptionProblem[] } => {
  const problems: OptionProblem[] = [];
  const values: Record<string, unknown> = {};
  const isMap = typeof data === "object" && data !== null && !Array.isArray(data);
  if (!isMap) problems.push({ option: "options", message: "are no keys and values; all of them are as if they were not set" });
  for (const [name, given] of Object.entries(isMap ? data : {})) {
    if (!isName(name)) problems.push(unknownOption(name));
    else if (given !== "") {
      const { value, problems: wrong } = checkOne<unknown>(schemas[name], given, [name]);
      problems.push(...wrong);
      values[name] = value;
    }
  }
  const found = values as Values;
  const { keys, problems: wrongKeys } = readKeys(found.api_keys ?? []);
  const { mqtt_url, mqtt_username, mqtt_password, base_topic, discovery_prefix } = found;
  const options: AddonOptions = {
    logLevel: found.log_level ?? "info",
    ...(mqtt_url !== undefined && {
      broker: { url: mqtt_url, ...(mqtt_username !== undefined && { username: mqtt_username }), ...(mqtt_password && { password: mqtt_password }) },
    }),
    ...(problems.some(({ option }) => option === "mqtt_url") && { broker: "wrong" as const }),
    ...(base_topic !== undefined && { baseTopic: base_topic }),
    ...(discovery_prefix !== undefined && { discoveryPrefix: discovery_prefix }),
    keys: keys.map((one) => ({ name: one.name, hash: sha256(one.key.reveal()), scopes: one.scopes })),
    secrets: secretsIn([mqtt_password, keys]),
  };
  return { options, problems: [...problems, ...wrongKeys, ...lonely(found, options.broker !== undefined)] };
};
