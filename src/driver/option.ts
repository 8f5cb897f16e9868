import { z } from "zod";
import { Secret } from "#domain/secret.ts";
import { readHost } from "#platform/host.ts";

/** Options that many drivers have. The descriptions go into the JSON Schema for editors and into the documentation. */
export const host = z.preprocess(
  // To YAML, [::1] without quotes is a list.
  (given) => (Array.isArray(given) && given.length === 1 && String(given[0]).includes(":") ? `[${given[0]}]` : given),
  z
    .string()
    .min(1)
    .describe("Name or IP address of the device")
    .transform((text, context) => {
      const read = readHost(text);
      if ("host" in read) return read.host;
      context.addIssue({ code: "custom", message: read.wrong });
      return z.NEVER;
    }),
);
export const port = (usual: number): z.ZodDefault<z.ZodNumber> => z.number().int().min(1).max(65535).default(usual).describe(`Port; usually ${usual}`);
export const secret = (what: string): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> =>
  z
    .string()
    .min(1)
    .describe(what)
    .transform((text) => new Secret(text));
