import { copyFile, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keepCopy, restoreCopy } from "#platform/database-copy.ts";
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

describe("a copy of the database", () => {
  const count = (path: string): unknown => {
    using copy = openDatabase(path, none);
    expect(copy.all("pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
    return copy.all<{ n: number }>("select count(*) as n from setting")[0]?.n;
  };
  const write = (database: ReturnType<typeof openDatabase>, from: number, to: number): void => {
    for (let key = from; key < to; key++) database.run("insert into setting (key, value) values (?, ?)", String(key), "x".repeat(500));
  };

  test("is whole and of one moment, however often it is made while the program writes on", async () => {
    using database = openDatabase(join(folder, "rack.db"), none);
    database.transaction(() => write(database, 0, 4000));
    let written = 4000;
    for (let round = 0; round < 10; round++) {
      let done = false;
      const made = database.copyTo(join(folder, "copy.db")).finally(() => (done = true));
      do {
        database.transaction(() => write(database, written, written + 2));
        written += 2;
        await new Promise(setImmediate);
      } while (!done);
      await made;
      const copied = Number(count(join(folder, "copy.db")));
      expect(copied).toBeGreaterThanOrEqual(4000);
      expect(copied % 2).toBe(0);
    }
    expect(written).toBeGreaterThan(4020);
    expect((await readdir(folder)).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test("takes the database's place only when that is missing", async () => {
    const [path, copy] = [join(folder, "rack.db"), join(folder, "copy.db")];
    {
      using database = openDatabase(path, none);
      write(database, 0, 3);
    }
    keepCopy(path, copy);
    expect(restoreCopy(path, copy)).toBe(false);
    await rm(path);
    // The log of another database, which SQLite would take for this one's.
    {
      using other = openDatabase(join(folder, "other.db"), none);
      write(other, 0, 50);
      await copyFile(join(folder, "other.db-wal"), `${path}-wal`);
    }
    expect(restoreCopy(path, copy)).toBe(true);
    expect(count(path)).toBe(3);
    expect(restoreCopy(path, copy)).toBe(false);
  });
});
