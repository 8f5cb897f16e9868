import { renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "./folder.ts";

export type Row = Readonly<Record<string, string | number | null | Uint8Array>>;
type Value = string | number | null | Uint8Array;

/** The file belongs to another process that runs. */
export class InUse extends Error {}

/** The program's one SQLite file. A write is on the disk when the call returns (WAL, synchronous FULL). */
export interface Database extends Disposable {
  run(sql: string, ...values: readonly Value[]): void;
  all<R = Row>(sql: string, ...values: readonly Value[]): readonly R[];
  /** All or nothing. */
  transaction(work: () => void): void;
  /** Writes the whole database as it is at one moment into another file, on the disk when it resolves, while this one goes on. */
  copyTo(path: string): Promise<void>;
}

const migrations = [
  `create table outcome (id text primary key, device text not null, part text not null, state text not null, ended_at integer not null, json text not null) strict;
   create table label (device text not null, part text not null, label text not null, primary key (device, part)) strict;
   create table counter (device text not null, part text not null, point text not null, json text not null, primary key (device, part, point)) strict;
   create table debt (id text primary key, json text not null) strict;
   create table published (topic text primary key, device text not null, json text not null) strict;
   create table cache (device text not null, key text not null, bytes blob not null, primary key (device, key)) strict;
   create table setting (key text primary key, value text not null) strict;`,
] as const;

const openFile = (path: string): DatabaseSync => {
  const file = new DatabaseSync(path);
  try {
    // Exclusive: the lock is taken at the first access and goes with the process, however that ends.
    file.exec("pragma busy_timeout = 500; pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;");
  } catch (error) {
    file.close();
    throw isLocked(error) ? new InUse(`${path} is used by another process`, { cause: error }) : error;
  }
  if (path !== ":memory:") {
    const [check] = file.prepare("pragma quick_check(1)").all();
    if (check?.["quick_check"] !== "ok") {
      file.close();
      throw new Error(String(check?.["quick_check"]));
    }
  }
  return file;
};

/** SQLITE_BUSY (sqlite.org/rescode.html#busy). */
const isLocked = (error: unknown): boolean => (error as { readonly errcode?: number }).errcode === 5;

const migrate = (file: DatabaseSync): void => {
  const { user_version: version } = file.prepare("pragma user_version").get() as { user_version: number };
  for (let next = version; next < migrations.length; next++) file.exec(`begin; ${migrations[next]} pragma user_version = ${next + 1}; commit;`);
};

const isCorrupt = (error: unknown): boolean => /malformed|not a database|corrupt|disk image/i.test(String(error));

/**
 * Opens or makes the file. One that a power cut has spoilt is moved aside and `onCorrupt` told where to, so that a start never fails on it.
 * Throws `InUse` when another process has it.
 * `:memory:` keeps nothing.
 */
export const openDatabase = (path: string, onCorrupt: (movedTo: string) => void): Database => {
  if (path !== ":memory:") makeFolder(dirname(path));
  let file: DatabaseSync;
  try {
    file = openFile(path);
  } catch (error) {
    if (path === ":memory:" || !isCorrupt(error)) throw error;
    const aside = `${path}.corrupt-${Date.now()}`;
    for (const tail of ["", "-wal", "-shm"]) {
      try {
        renameSync(path + tail, aside + tail);
      } catch (missing) {
        if ((missing as NodeJS.ErrnoException).code !== "ENOENT") throw missing;
      }
    }
    onCorrupt(aside);
    file = openFile(path);
  }
  migrate(file);
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const prepared = (sql: string): ReturnType<DatabaseSync["prepare"]> => {
    const statement = statements.get(sql) ?? file.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    run: (sql, ...values) => void prepared(sql).run(...values),
    all: <R>(sql: string, ...values: readonly Value[]) => prepared(sql).all(...values) as unknown as readonly R[],
    transaction: (work) => {
      file.exec("begin immediate");
      try {
        work();
        file.exec("commit");
      } catch (error) {
        file.exec("rollback");
        throw error;
      }
    },
    copyTo: async (path) => {
      const beside = `${path}.new`;
      rmSync(beside, { force: true });
      // In one go, about 4 ms for each MB. Node's own backup(), which works beside, fails now and then with "not an error" when the program writes meanwhile.
      file.prepare("vacuum into ?").run(beside);
      await using copy = await open(beside, "r");
      await copy.sync();
      renameSync(beside, path);
    },
    [Symbol.dispose]: () => file.close(),
  };
};
