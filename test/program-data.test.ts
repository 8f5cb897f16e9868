import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareProgram } from "./peer/program-rig.ts";

/** What stands in the folder of the configuration beforehand, what `data` says, and what a person reads; `.` is that folder. */
const wrong: readonly (readonly [string, string, RegExp])[] = [
  ["where the system makes no folders", "/proc/rack-power", /^data: the folder \/proc\/rack-power cannot be used: \/proc takes no new folders \(ENOENT\)\n$/],
  ["a folder that takes no files", "/proc", /^data: the folder \/proc cannot be used: unable to open database file\n$/],
  ["behind a link that leads nowhere", "./link/data", /^data: the folder \S+\/link\/data cannot be used: \S+\/link is there but is no folder/],
];

test.skipIf(!existsSync("/proc/self")).concurrent.each(wrong)("data: %s ends the start with a sentence and code 78", async (_, data, said) => {
  await using program = await prepareProgram(() => `data: ${data}\ndevices: {}\n`);
  await symlink(join(program.folder, "gone"), join(program.folder, "link"));
  expect(await program.end()).toBe(78);
  const lines = program.output().split(/(?<=\n)/);
  expect(lines.filter((line) => line.startsWith("data:")).join("")).toMatch(said);
});
