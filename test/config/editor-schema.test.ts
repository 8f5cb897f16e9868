import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { editorSchema } from "#config/editor-schema.ts";
import { drivers, example } from "./fixture.ts";

interface Validator {
  compile(schema: unknown): (data: unknown) => boolean;
}
/** Fastify brings it; editors' YAML servers check against the same draft. */
const { Ajv } = createRequire(createRequire(import.meta.url).resolve("fastify"))("ajv") as { readonly Ajv: new (options: object) => Validator };
const validate = new Ajv({ strict: false, allErrors: true }).compile(editorSchema(drivers));
const data = (text: string): unknown => parse(text, { customTags: [{ tag: "!secret", resolve: () => "a secret that is long enough" }] });

test("the documented example is valid", () => {
  expect(validate(data(example))).toBe(true);
});

test.each([
  ["unknown section", (text: string) => `mqqt: {}\n${text}`],
  ["unknown key of a device", (text: string) => text.replace("ups: office", "upps: office")],
  ["unknown driver", (text: string) => text.replace("driver: nut", "driver: nutt")],
  ["key of another driver", (text: string) => text.replace("ups: office", "community: office")],
  ["missing key", (text: string) => text.replace("host: 127.0.0.1, port: 623", "port: 623")],
  ["wrong type", (text: string) => text.replace("port: 623", "port: x")],
  ["wrong id", (text: string) => text.replace("office-ups:", "Office UPS:")],
  ["wrong word", (text: string) => text.replace("lock: locked", "lock: lokced")],
  ["wrong word of a union", (text: string) => text.replace("version: 2c", "version: 4")],
])("%s is not", (_, spoil) => {
  const spoilt = spoil(example);
  expect(spoilt).not.toBe(example);
  expect(validate(data(spoilt))).toBe(false);
});

test("every driver and every key has a word for the reader", () => {
  const schema = editorSchema(drivers);
  expect(Object.keys(schema.properties ?? {})).toEqual(["mqtt", "rest", "compat", "nutServer", "data", "log", "devices"]);
  const devices = schema.properties?.["devices"]?.additionalProperties;
  const branches = typeof devices === "object" ? (devices.oneOf ?? []) : [];
  expect(branches.map(({ title }) => title)).toEqual([...drivers.keys()]);
  expect(JSON.stringify(schema)).not.toContain("undefined");
});
