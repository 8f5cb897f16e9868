import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";

import { prepareAddon, type AddonRig } from "./addon-rig.ts";
import { configure, keys, prepareProgram } from "./program-rig.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

const configuration = "devices:\n  rack: { driver: nut, host: 127.0.0.1, port: 1, ups: rack }\n";
const addon = parse(readFileSync(new URL("../../config.yaml", import.meta.url), "utf8")) as {
  readonly backup: string;
  readonly backup_pre: string;
  readonly backup_post: string;
  readonly backup_exclude: readonly string[];
};
const words = (command: string): readonly string[] => command.split(" ").slice(1);

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** What the Supervisor does with the data folder: an archive without what `backup_exclude` names. Gives a folder for what comes out of it. */
const archive = async (data: string): Promise<{ readonly unpack: (into: string) => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), "rack-power-backup-"));
  folders.push(folder);
  const file = join(folder, "data.tar");
  await run("tar", ["-C", data, ...addon.backup_exclude.map((pattern) => `--exclude=${pattern}`), "-cf", file, "."], { env: {} });
  return { unpack: (into) => run("tar", ["-C", into, "-xf", file], { env: {} }).then(() => undefined) };
};

const start = async (rig: AddonRig): Promise<void> => {
  await rig.program.start();
  await until(async () => (await rig.program.device("rack")).connection?.state === "offline", "the device is away");
};
/** Something that the database keeps: each command ends as an outcome, as the device is away. */
const command = async ({ program }: AddonRig, times: number): Promise<void> => {
  for (let at = 0; at < times; at++) await program.command("rack", "ups", "ups.test");
};
const state = async ({ program }: AddonRig): Promise<{ readonly instance: unknown; readonly outcomes: readonly string[] }> => ({
  instance: (await program.ask("/api/v1/health")).body["instance"],
  outcomes: (await program.outcomes()).map(({ id }) => id),
});
const integrity = (data: string): unknown => {
  using file = new DatabaseSync(join(data, "rack-power.db"));
  return file.prepare("pragma integrity_check").get();
};
const restored = "the database was missing and was restored from the copy that a backup made";

test.concurrent("a backup of the running add-on restores to what was when it was made", async () => {
  expect(addon.backup).toBe("hot");
  await using rig = await prepareAddon(configuration);
  const { program, supervisor } = rig;
  await start(rig);
  await command(rig, 5);
  const before = await state(rig);
  expect(before.outcomes).toHaveLength(5);

  // As the Supervisor does: docker exec before, the archive while the program goes on, docker exec after.
  const busy = command(rig, 30);
  expect(await program.bare(...words(addon.backup_pre))).toEqual({ code: 0, output: "a copy of the database is in the data folder\n" });
  const backup = await archive(supervisor.data);
  await busy;
  expect((await program.bare(...words(addon.backup_post))).code).toBe(0);
  expect((await readdir(supervisor.data)).filter((name) => name.startsWith("backup"))).toEqual([]);
  const after = await state(rig);
  expect(after.outcomes).toHaveLength(35);

  await using other = await prepareAddon(configuration);
  await backup.unpack(other.supervisor.data);
  expect((await readdir(other.supervisor.data)).toSorted()).toEqual(["backup.db", "command-line.key", "home-assistant.key", "options.json"]);
  await start(other);
  const now = await state(other);
  expect(now.instance).toBe(before.instance);
  // At least what was there when the copy was asked for, and of what came later the older part, without gaps.
  expect(now.outcomes.length).toBeGreaterThanOrEqual(5);
  expect(now.outcomes).toEqual(after.outcomes.slice(after.outcomes.length - now.outcomes.length));
  expect(other.program.output()).toContain(restored);
  await command(other, 1);
  expect(await other.program.kill("SIGTERM")).toBe(0);
  expect(integrity(other.supervisor.data)).toEqual({ integrity_check: "ok" });
});

test.concurrent("a backup of the stopped add-on restores too, and a start from the database itself goes before any copy", async () => {
  await using rig = await prepareAddon(configuration);
  const { program, supervisor } = rig;
  await start(rig);
  await command(rig, 3);
  const before = await state(rig);
  expect(await program.kill("SIGTERM")).toBe(0);
  const backup = await archive(supervisor.data);

  await start(rig);
  expect(existsSync(join(supervisor.data, "backup.db"))).toBe(false);
  expect(await state(rig)).toEqual(before);
  await command(rig, 2);
  // It dies in the middle of a backup: the copy is older than the database.
  await program.bare(...words(addon.backup_pre));
  await command(rig, 2);
  await program.kill("SIGKILL");
  await start(rig);
  expect((await state(rig)).outcomes).toHaveLength(7);
  expect(program.output()).not.toContain(restored);

  await using other = await prepareAddon(configuration);
  await backup.unpack(other.supervisor.data);
  await start(other);
  expect(await state(other)).toEqual(before);
  expect(other.program.output()).toContain(restored);
});

test.concurrent("a backup needs the program: without it the command fails, and the Supervisor says so", async () => {
  await using rig = await prepareAddon(configuration);
  await start(rig);
  await rig.program.kill("SIGTERM");
  const { code, output } = await rig.program.bare(...words(addon.backup_pre));
  expect(code).toBe(75);
  expect(output).toMatch(/nothing answers at/);
});

test.concurrent("without the Supervisor the same two commands serve another program that backs up, with a key of the configuration", async () => {
  await using program = await prepareProgram((port) => configure(port, {}));
  await program.start();
  const data = join(program.folder, "data");
  expect((await program.cli("backup")).code).toBe(0);
  expect(existsSync(join(data, "backup.db"))).toBe(true);
  expect((await program.ask("/api/v1/backup", { method: "POST", key: keys.look })).status).toBe(403);
  expect((await program.cli("backup", "--done")).code).toBe(0);
  expect(existsSync(join(data, "backup.db"))).toBe(false);
  const { instance } = (await program.ask("/api/v1/health")).body;
  expect(await program.kill("SIGTERM")).toBe(0);
  expect(await readdir(data)).toEqual(["rack-power.db"]);
  renameSync(join(data, "rack-power.db"), join(data, "backup.db"));
  await program.start();
  expect((await program.ask("/api/v1/health")).body["instance"]).toBe(instance);
  expect(program.output()).toContain(restored);
});
