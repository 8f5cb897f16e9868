import { z } from "zod";
import { Secret } from "#domain/secret.ts";

/** Options that many drivers have. The descriptions go into the JSON Schema for editors and into the documentation. */
export const host = z.string().min(1).describe("Name or IP address of the device");
export const port = (usual: number): z.ZodDefault<z.ZodNumber> => z.number().int().min(1).max(65535).default(usual).describe(`Port; usually ${usual}`);
export const secret = (what: string): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> =>
  z
    .string()
    .min(1)
    .describe(what)
    .transform((text) => new Secret(text));
