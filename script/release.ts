import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");

/** One of the files that must hold the version, and where in it. */
export interface Place {
  readonly file: string;
  /** Matches once; the version is what stands between `before` and `after`. */
  readonly pattern: RegExp;
}

/** `package.json` is the one that decides. The others must hold it too, because programs of other people read them. */
export const places: readonly Place[] = [
  { file: "package.json", pattern: /(?<before>^ {2}"version": ")(?<version>[^"]+)(?<after>")/m },
  { file: "package-lock.json", pattern: /(?<before>^ {2}"version": ")(?<version>[^"]+)(?<after>")/m },
  { file: "package-lock.json", pattern: /(?<before>^ {4}"": \{\s+"name": "rack-power",\s+"version": ")(?<version>[^"]+)(?<after>")/m },
  { file: "config.yaml", pattern: /(?<before>^version: ")(?<version>[^"]+)(?<after>")/m },
  { file: "integration/custom_components/rack_power/manifest.json", pattern: /(?<before>^ {2}"version": ")(?<version>[^"]+)(?<after>")/m },
  { file: "CHANGELOG.md", pattern: /(?<before>^## )(?<version>\S+)(?<after>)/m },
];

type Read = (file: string) => string;

/** What each place holds; undefined where the pattern finds nothing. */
export const versionsIn = (read: Read): readonly { readonly file: string; readonly version: string | undefined }[] =>
  places.map(({ file, pattern }) => ({ file, version: pattern.exec(read(file))?.groups?.["version"] }));

/** One sentence for each place that disagrees with `package.json`, or with the tag. */
export const disagreements = (read: Read, tag?: string): readonly string[] => {
  const [decides, ...others] = versionsIn(read);
  const wanted = tag ?? decides?.version;
  return [...(tag === undefined || !decides ? [] : [decides]), ...others].flatMap(({ file, version }) =>
    version === wanted ? [] : [`${file}: expected version ${wanted}, found ${version ?? "none"}`],
  );
};

/** The texts with another version in every place but the changelog, where a person must write what is new. */
export const withVersion = (read: Read, version: string): ReadonlyMap<string, string> => {
  const texts = new Map<string, string>();
  for (const { file, pattern } of places)
    if (file !== "CHANGELOG.md") texts.set(file, (texts.get(file) ?? read(file)).replace(pattern, `$<before>${version}$<after>`));
  return texts;
};

interface AddOn {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly url: string;
  readonly image: string;
  readonly arch: readonly string[];
}

/** What the release's jobs have to know, as GitHub reads outputs. */
export const outputs = (config: string): string => {
  const { name, version, description, url, image, arch } = parse(config) as AddOn;
  const cut = image.lastIndexOf("/");
  const labels = { "io.hass.type": "app", "io.hass.name": name, "io.hass.description": description, "io.hass.url": url };
  return [
    `version=${version}`,
    `image=${image.slice(cut + 1)}`,
    `registry=${image.slice(0, cut)}`,
    `architectures=${JSON.stringify(arch)}`,
    `labels<<END`,
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    "END",
    "",
  ].join("\n");
};

const run = (): void => {
  const { values, positionals } = parseArgs({ options: { tag: { type: "string" }, outputs: { type: "boolean" } }, allowPositionals: true });
  const read: Read = (file) => readFileSync(join(root, file), "utf8");
  const [version] = positionals;
  if (version !== undefined) for (const [file, text] of withVersion(read, version)) writeFileSync(join(root, file), text);
  const wrong = disagreements(read, values.tag);
  for (const line of wrong) process.stderr.write(`${line}\n`);
  if (wrong.length > 0) process.exitCode = 1;
  else process.stdout.write(values.outputs ? outputs(read("config.yaml")) : `${versionsIn(read)[0]?.version} in all ${places.length} places\n`);
};

if (import.meta.main) run();
