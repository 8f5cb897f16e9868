import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "#platform/database.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rack-power-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});
const none = (): never => {
  throw new Error("nothing is corrupt");
};

describe("the database", () => {
  test("keeps what was written, and opens again", () => {
    const path = join(folder, "deep", "rack.db");
    {
      using database = openDatabase(path, none);
      database.run("insert into setting (key, value) values (?, ?)", "a", "1");
    }
    using again = openDatabase(path, none);
    expect(again.all("select key, value from setting")).toEqual([{ key: "a", value: "1" }]);
  });

  test("does all of a transaction or nothing", () => {
    using database = openDatabase(":memory:", none);
    expect(() =>
      database.transaction(() => {
        database.run("insert into setting (key, value) values ('a', '1')");
        throw new Error("power cut");
      }),
    ).toThrow("power cut");
    expect(database.all("select * from setting")).toEqual([]);
  });

  test.each(["garbage", "half a file"])("a file that is %s is moved aside and the start goes on", async (damage) => {
    const path = join(folder, "rack.db");
    {
      using database = openDatabase(path, none);
      database.transaction(() => {
        for (let key = 0; key < 5000; key++) database.run("insert into setting (key, value) values (?, ?)", String(key), "x".repeat(50));
      });
    }
    if (damage === "garbage") await writeFile(path, "this is no database, whatever the name says. ".repeat(50));
    else await truncate(path, 40_960);
    let moved: string | undefined;
    using database = openDatabase(path, (to) => {
      moved = to;
    });
    database.run("insert into setting (key, value) values ('after', '1')");
    expect(moved).toMatch(/rack\.db\.corrupt-/);
    expect((await readdir(folder)).some((name) => name.includes("corrupt"))).toBe(true);
  });
});
