import { readTextIfThere } from "#platform/file.ts";
import { besideFile } from "#platform/path.ts";
import type { Scope } from "#domain/scope.ts";
import type { Secret } from "#domain/secret.ts";
import { check } from "./check.ts";
import { jsonSchema } from "./expectation.ts";
import { localAddress } from "./local-address.ts";
import { sectionSchema } from "./section-schema.ts";
import { readTree } from "./tree.ts";
import { openVault } from "./vault.ts";

/** How the command line reaches the program that runs with this file. */
export interface Access {
  readonly url: string;
  readonly keys: readonly { readonly name: string; readonly key: Secret; readonly scopes: readonly Scope[] }[];
}

/** Reads only the `rest` section, with the texts of its keys. Undefined when there is no file, no such section, or something in it is wrong. */
export const readAccess = async (file: string, environment: Readonly<Record<string, string | undefined>>): Promise<Access | undefined> => {
  const text = await readTextIfThere(file);
  const vault = await openVault(besideFile(file, "secrets.yaml"), "secrets.yaml", environment);
  const read = text === undefined ? undefined : readTree(text, vault);
  if (!read || !("tree" in read) || typeof read.tree.value !== "object" || read.tree.value === null) return undefined;
  const data = Object.fromEntries(Object.entries(read.tree.value).filter(([name]) => name === "rest"));
  const { value } = check(sectionSchema, data, { tree: read.tree, path: [], wants: jsonSchema(sectionSchema) });
  if (!value?.rest) return undefined;
  const { listen, keys } = value.rest;
  return { url: localAddress(listen), keys };
};
