import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFirstConfiguration, firstConfiguration } from "#config/first-configuration.ts";
import { loadConfiguration } from "#config/load.ts";
import { createDrivers } from "#driver/registry.ts";
import { Secret } from "#domain/secret.ts";
import { systemClock } from "#platform/clock.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rack-power-first-"));
  file = join(folder, "rack-power.yaml");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const drivers = createDrivers(systemClock, { url: "http://supervisor/core", token: new Secret("token") });
const load = (): ReturnType<typeof loadConfiguration> => loadConfiguration(file, drivers, {});
const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test("the first file has no devices and nothing wrong, and only passwords are nobody else's business", async () => {
  expect(await createFirstConfiguration(file)).toBe(true);
  expect(await load()).toMatchObject({ ok: true, problems: [], configuration: { devices: [] } });
  expect([await mode(file), await mode(join(folder, "secrets.yaml"))]).toEqual([0o644, 0o600]);
  expect((await readdir(folder)).toSorted()).toEqual(["rack-power.yaml", "secrets.yaml"]);
});

test("each of its examples is good as it stands once its # are taken away, and every driver has one", async () => {
  const examples = firstConfiguration.slice(firstConfiguration.indexOf("\ndevices:")).replaceAll(/^#(?= {2})/gm, "");
  const names = [...examples.matchAll(/!secret (\w+)/g)].map(([, name]) => `${name}: a long password`);
  await writeFile(join(folder, "secrets.yaml"), names.join("\n"));
  await writeFile(file, examples);
  const loaded = await load();
  expect(loaded.problems).toEqual([]);
  const used = loaded.ok ? loaded.configuration.devices.map(({ settings }) => settings.driver) : [];
  expect(new Set(used)).toEqual(new Set(drivers.keys()));
  expect(names).toHaveLength(5);
});

test("what a person has there already is left as it is", async () => {
  await writeFile(file, "devices: {}\n");
  await writeFile(join(folder, "secrets.yaml"), "mine: geheim\n");
  expect(await createFirstConfiguration(file)).toBe(false);
  expect(await readFile(file, "utf8")).toBe("devices: {}\n");
  expect(await readFile(join(folder, "secrets.yaml"), "utf8")).toBe("mine: geheim\n");
});

test("two that start at the same time make one file between them", async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => createFirstConfiguration(file)));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await readFile(file, "utf8")).toBe(firstConfiguration);
  expect(await readdir(folder)).toHaveLength(2);
});

test.skipIf(process.getuid?.() === 0)("a folder that takes no files is told", async () => {
  await chmod(folder, 0o500);
  await expect(createFirstConfiguration(file)).rejects.toThrow(/EACCES/);
});
