import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownKey } from "#homeassistant/own-key.ts";
import { writeNewText } from "#platform/file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rack-power-file-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a new file is written whole with its mode, and never in the place of another", async () => {
  const path = join(folder, "a", "file");
  expect(await writeNewText(path, "first", 0o640)).toBe(true);
  expect(await writeNewText(path, "second")).toBe(false);
  expect([await readFile(path, "utf8"), (await stat(path)).mode & 0o777]).toEqual(["first", 0o640]);
  expect(await readdir(join(folder, "a"))).toEqual(["file"]);
});

test("of many that write it at once one is heard, and nothing lies about afterwards", async () => {
  const path = join(folder, "file");
  const made = await Promise.all(Array.from({ length: 20 }, (_, at) => writeNewText(path, `${at}`)));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await readFile(path, "utf8")).toBe(`${made.indexOf(true)}`);
  expect(await readdir(folder)).toEqual(["file"]);
});

test("a key of our own is made once, is long, and only for us", async () => {
  const path = join(folder, "key");
  const first = (await ownKey(path)).reveal();
  expect(first).toMatch(/^[0-9a-f]{48}$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await ownKey(path)).reveal()).toBe(first);
  await writeFile(path, "cut off");
  const second = (await ownKey(path)).reveal();
  expect(second).toMatch(/^[0-9a-f]{48}$/);
  expect(second).not.toBe(first);
  await chmod(path, 0o600);
  expect((await readFile(path, "utf8")).trim()).toBe(second);
});
