import { join } from "node:path";
import { rolldown } from "rolldown";
import { packageOf } from "../../script/package-of.ts";

/** The packages in the bundle as another witness tells it than the one that writes the bill: the source map of a bundle made for this. As `name@version`. */
export const bundledPackages = async (): Promise<ReadonlySet<string>> => {
  const root = join(import.meta.dirname, "../..");
  await using build = await rolldown({ input: join(root, "src/main.ts"), cwd: root, platform: "node", logLevel: "silent" });
  const { output } = await build.generate({ format: "esm", codeSplitting: false, minify: "dce-only", sourcemap: true, dir: root });
  const sources = output.flatMap((file) => (file.type === "chunk" ? (file.map?.sources ?? []) : []));
  return new Set(sources.flatMap((file) => packageOf(join(root, file)) ?? []).map(({ name, version }) => `${name}@${version}`));
};
