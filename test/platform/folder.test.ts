import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rack-power-folder-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** In a process of its own, that can be ended when it spins: a loop in this one could not even be timed. */
const make = (path: string): Promise<string> =>
  new Promise((resolve) => {
    const program = `import { makeFolder } from "#platform/folder.ts"; try { makeFolder(process.argv[1]); console.log("made"); } catch (error) { console.log(error.message); }`;
    execFile(process.execPath, ["--input-type=module", "-e", program, path], { timeout: 10_000 }, (error, out) =>
      resolve(error?.killed ? "hangs" : out.trim() || (error?.message ?? "nothing was said")),
    );
  });

describe("a folder", () => {
  test("is made with all those above it, and is left as it is when it is there", async () => {
    const path = join(folder, "a", "b", "c");
    expect(await make(path)).toBe("made");
    expect((await stat(path)).isDirectory()).toBe(true);
    expect(await make(path)).toBe("made");
    expect(await make(`${path}/`)).toBe("made");
  });

  test("behind a link is made where the link leads", async () => {
    await mkdir(join(folder, "disk"));
    await symlink(join(folder, "disk"), join(folder, "link"));
    expect(await make(join(folder, "link", "a"))).toBe("made");
    expect((await stat(join(folder, "disk", "a"))).isDirectory()).toBe(true);
  });

  test.skipIf(!existsSync("/proc/self"))("where none can be, as in /proc, is refused with a reason", async () => {
    expect(await make("/proc/rack-power")).toBe("/proc takes no new folders (ENOENT)");
    expect(await make("/proc/rack-power/deep/down")).toBe("/proc takes no new folders (ENOENT)");
  });

  test("behind a link that leads nowhere, such as to a disk that is not mounted, is refused with a reason", async () => {
    const link = join(folder, "link");
    await symlink(join(folder, "gone"), link);
    expect(await make(join(link, "a", "b"))).toBe(`${link} is there but is no folder, or a link that leads nowhere`);
    expect(await make(link)).toBe(`${link} is there but is no folder, or a link that leads nowhere`);
  });

  test("below a file is refused with a reason", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    expect(await make(join(file, "a"))).toBe(`${file} is there but is no folder, or a link that leads nowhere`);
  });

  test.skipIf(process.getuid?.() === 0)("where this program may not write is refused with a reason", async () => {
    await mkdir(join(folder, "locked"), { mode: 0o500 });
    expect(await make(join(folder, "locked", "a"))).toBe(`${join(folder, "locked")} does not let this program make folders (EACCES)`);
  });
});
