import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { disagreements, outputs, places, versionsIn, withVersion } from "../../script/release.ts";

const read = (file: string): string => readFileSync(file, "utf8");
const versions = (): readonly (string | undefined)[] => versionsIn(read).map(({ version }) => version);

test("every place holds the same version, and it is a version", () => {
  expect(new Set(versions()).size).toBe(1);
  expect(versions()[0]).toMatch(/^\d+\.\d+\.\d+$/);
  expect(disagreements(read)).toEqual([]);
});

test("a place that disagrees is named, with what was expected", () => {
  const [version] = versions();
  for (const { file, pattern } of places.slice(1)) {
    const changed = (name: string): string => (name === file ? read(name).replace(pattern, "$<before>9.9.9$<after>") : read(name));
    expect(disagreements(changed)).toEqual([`${file}: expected version ${version}, found 9.9.9`]);
  }
  expect(disagreements((file) => (file === "config.yaml" ? "name: x\n" : read(file)))).toEqual([`config.yaml: expected version ${version}, found none`]);
});

test("a tag that is not the version is a disagreement of all", () => {
  expect(disagreements(read, "7.0.0")).toHaveLength(places.length);
  expect(disagreements(read, versions()[0])).toEqual([]);
});

test("another version reaches every place but the changelog and touches nothing else", () => {
  const [version = ""] = versions();
  const texts = withVersion(read, "7.8.9");
  const next = (file: string): string => texts.get(file) ?? read(file);
  expect(disagreements(next)).toEqual([`CHANGELOG.md: expected version 7.8.9, found ${version}`]);
  for (const [file, text] of texts) expect(text.replaceAll('"7.8.9"', `"${version}"`)).toBe(read(file));
  expect(texts.size).toBe(4);
});

test("the release's jobs are told what config.yaml says", () => {
  const lines = outputs(read("config.yaml")).split("\n");
  expect(lines).toContain("image=rack-power");
  expect(lines).toContain("registry=ghcr.io/rack-power");
  expect(lines).toContain('architectures=["amd64","aarch64"]');
  expect(lines.slice(lines.indexOf("labels<<END"), -1).at(-1)).toBe("END");
});
