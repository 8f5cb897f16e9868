import assert from "node:assert/strict";
import { chmodSync, cpSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { type Plugin, rolldown } from "rolldown";
import { loadProfiles } from "#driver/profile/load.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { readLicences } from "./licence.ts";
import { packageOf, type Package } from "./package-of.ts";

const root = join(import.meta.dirname, "..");
const source = join(root, "src");

/** What is read by a path from the source file lies at the same path below the bundle's folder. */
const paths: Plugin = {
  name: "paths",
  transform: {
    filter: { id: /\/src\/.*\.ts$/, code: /import\.meta\.(url|dirname)/ },
    handler: (code, id) => {
      const file = relative(source, id);
      return code
        .replaceAll("import.meta.url", `new URL(${JSON.stringify(file)}, import.meta.url).href`)
        .replaceAll("import.meta.dirname", `(import.meta.dirname + ${JSON.stringify(`/${dirname(file)}`)})`);
    },
  },
};

/** Profiles are read and checked here and not at each start: hundreds of them would take seconds on a small machine. */
const profiles: Plugin = {
  name: "profiles",
  load: {
    filter: { id: /\/src\/driver\/profile\/bundled-profiles\.ts$/ },
    handler: async () => {
      const read = await loadProfiles(join(source, "profile"));
      const json = JSON.stringify(read);
      assert.deepEqual(JSON.parse(json), read, "a profile holds something that JSON does not");
      return `export const bundledProfiles = JSON.parse(${JSON.stringify(json)});`;
    },
  },
};

/** Node is silent about deprecated calls of packages only as long as they lie in node_modules; a user could do nothing about them. */
const intro = "process.noDeprecation = true;";

/**
 * The program and all packages it needs in a handful of files: what every start needs, and what only some commands need; a container's health
 * check loads a hundredth of it. Names and lines stay as they are, so that the trace of an error can be read without a source map: shortened
 * names would save 0.2 MB of 0.8, compressed, and no time.
 */
const bundleCode = async (dir: string): Promise<ReadonlyMap<string, Package>> => {
  const input = { "rack-power": join(source, "main.ts") };
  await using build = await rolldown({ input, cwd: root, platform: "node", plugins: [paths, profiles], logLevel: "warn" });
  const names = { entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" };
  const { output } = await build.write({ dir, intro, ...names, format: "esm", minify: "dce-only", comments: false, sourcemap: false });
  const packages = new Map<string, Package>();
  for (const chunk of output)
    for (const [id, { renderedLength }] of Object.entries(chunk.type === "chunk" ? chunk.modules : {})) {
      const found = renderedLength > 0 ? packageOf(id) : undefined;
      if (found) packages.set(`${found.name}@${found.version}`, found);
    }
  return packages;
};

/** Everything that a machine with Node 24 needs to run Rack Power, and nothing else, into the folder `into`, which is emptied before. */
const bundle = async (into: string): Promise<void> => {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const file = join(into, "rack-power.mjs");
  const packages = await bundleCode(into);
  chmodSync(file, 0o755);
  for (const name of globSync("**/*.{yaml,json,html,css,js,svg}", { cwd: source, exclude: ["profile/**"] })) cpSync(join(source, name), join(into, name));
  writeFileSync(join(into, "sbom.cdx.json"), billOfMaterials(root, new Set(packages.keys())));
  writeFileSync(join(into, "licences.txt"), readLicences([...packages.values()]));
  process.stdout.write(`${relative(process.cwd(), file)}: ${packages.size} packages\n`);
};

const { values } = parseArgs({ options: { into: { type: "string", default: join(root, "dist") } } });
await bundle(values.into);
