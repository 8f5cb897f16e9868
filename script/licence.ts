import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Package } from "./package-of.ts";

/** The licences of the bundled packages ask that their texts go with every copy. */
export const readLicences = (packages: readonly Package[]): string =>
  packages
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, licence, folder }) => {
      const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
      return [`${name} ${version} (${licence})`, ...files.map((file) => readFileSync(join(folder, file), "utf8").trim())].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`);
