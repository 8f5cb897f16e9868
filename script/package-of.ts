import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A package as it lies in node_modules. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly folder: string;
}

/** The package that a file in node_modules belongs to; undefined for our own files. */
export const packageOf = (file: string): Package | undefined => {
  const path = file.replace(/^\0/, "").replace(/\?.*$/, "");
  if (!path.includes("/node_modules/")) return undefined;
  for (let folder = dirname(path); !folder.endsWith("/node_modules"); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name, version, license } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string; version?: string; license?: unknown };
    // Folders of a package may have a package.json that only says which kind of modules they hold.
    if (name === undefined || version === undefined) continue;
    return { name, version, licence: typeof license === "string" ? license : "see its text", folder };
  }
  throw new Error(`${path}: no package.json above it`);
};
