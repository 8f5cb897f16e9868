import { z } from "zod";
import { devicePattern } from "#domain/device.ts";
import { deviceShape } from "./device-schema.ts";
import { jsonSchema, type JsonSchema } from "./expectation.ts";
import { sectionSchema } from "./section-schema.ts";

/** What this layer needs to know of a driver. */
export type Drivers = ReadonlyMap<string, { readonly options: z.ZodType; readonly oneOf?: string }>;

const common = jsonSchema(z.object(deviceShape)).properties ?? {};

const mergeInto = (schema: JsonSchema, driver: JsonSchema): JsonSchema => {
  for (const kind of ["anyOf", "oneOf"] as const) {
    const branches = schema[kind];
    if (branches) return { [kind]: branches.map((branch) => mergeInto(branch, driver)) };
  }
  return {
    type: "object",
    properties: { driver, ...common, ...schema.properties },
    required: ["driver", ...(schema.required ?? [])],
    additionalProperties: false,
  };
};

/** A whole device entry: the keys that every device has, and those of its driver. */
export const deviceJsonSchema = (driver: string, options: z.ZodType): JsonSchema => mergeInto(jsonSchema(options), { type: "string", const: driver });

/** What is known of an entry whose driver is not: no more than the common keys. */
export const anyDeviceJsonSchema = (drivers: Drivers): JsonSchema => ({
  ...mergeInto({}, { type: "string", enum: [...drivers.keys()], description: "Kind of device" }),
  additionalProperties: true,
});

/**
 * JSON Schema (draft 7, which editors' YAML servers read best) of the whole file, from the very schemas that `loadConfiguration` uses.
 * Editors have to be told the tags: `yaml.customTags: ["!secret scalar", "!env scalar"]`.
 */
export const editorSchema = (drivers: Drivers): JsonSchema => {
  const sections = jsonSchema(sectionSchema);
  return {
    ...sections,
    title: "Rack Power configuration",
    properties: {
      ...sections.properties,
      devices: {
        type: ["object", "null"],
        description: "By id, which is for ever: entities are named after it",
        propertyNames: { pattern: devicePattern.source },
        additionalProperties: { oneOf: [...drivers].map(([name, { options }]) => ({ title: name, ...deviceJsonSchema(name, options) })) },
      } as unknown as JsonSchema,
    },
    required: [],
  };
};
