import { z } from "zod";
import type { Path } from "./problem.ts";

/** The part of JSON Schema that zod writes and that is read here. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly [key: string]: unknown;
}

/** What may be written in the file, before any transformation. */
export const jsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any", reused: "inline" }) as JsonSchema;

const alternatives = (schema: JsonSchema): readonly JsonSchema[] => {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return branches.length === 0
    ? [schema]
    : branches.flatMap((branch) => alternatives({ ...(schema.description !== undefined && { description: schema.description }), ...branch }));
};

const step = (schema: JsonSchema, key: string | number): readonly JsonSchema[] => {
  if (typeof key === "number") return schema.items ? alternatives(schema.items) : [];
  const property = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : schema.additionalProperties;
  return typeof property === "object" ? alternatives(property) : [];
};

const at = (schema: JsonSchema, path: Path): readonly JsonSchema[] =>
  path.reduce<readonly JsonSchema[]>((found, key) => found.flatMap((one) => step(one, key)), alternatives(schema));

const number = ({ type, minimum, maximum }: JsonSchema): string => {
  const kind = type === "integer" ? "a whole number" : "a number";
  if (minimum !== undefined && maximum !== undefined && Math.abs(minimum) < 1e15 && maximum < 1e15) return `${kind} from ${minimum} to ${maximum}`;
  return minimum !== undefined && Math.abs(minimum) < 1e15 ? `${kind} from ${minimum}` : kind;
};
const kinds: Readonly<Record<string, string>> = { string: "text", boolean: "true or false", array: "a list", object: "keys and values", null: "nothing" };
const words = (schema: JsonSchema): readonly string[] => {
  if (schema.enum) return schema.enum.map(String);
  if ("const" in schema) return [String(schema.const)];
  if (schema.type === "number" || schema.type === "integer") return [number(schema)];
  return schema.type === undefined ? [] : [kinds[schema.type] ?? schema.type];
};

/** `a, b or c` */
export const either = (list: readonly string[]): string => {
  const unique = [...new Set(list)];
  return unique.length < 2 ? unique.join("") : `${unique.slice(0, -1).join(", ")} or ${unique.at(-1)}`;
};

/** What the schema wants at a path, in words for a person; undefined when it does not say. */
export const expectation = (schema: JsonSchema, path: Path): string | undefined => {
  const found = at(schema, path);
  const wanted = either(found.flatMap(words));
  const about = found.find((one) => one.description !== undefined)?.description;
  if (wanted === "") return about;
  return about === undefined ? wanted : `${wanted} (${about})`;
};

/** The keys that a map at this path can have. */
export const keysAt = (schema: JsonSchema, path: Path): readonly string[] => [...new Set(at(schema, path).flatMap((one) => Object.keys(one.properties ?? {})))];
/** The words that can stand at this path, when only certain ones can. */
export const wordsAt = (schema: JsonSchema, path: Path): readonly string[] =>
  at(schema, path).flatMap((one) => one.enum?.map(String) ?? ("const" in one ? [String(one.const)] : []));
