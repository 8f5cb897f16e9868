import { join } from "node:path";
import { InUse, openDatabase, type Database } from "#platform/database.ts";
import { dropFile, keepCopy, restoreCopy } from "#platform/database-copy.ts";
import type { Log } from "#platform/log.ts";
import { NotStarted } from "./not-started.ts";

/** The database, and the copy of it that a backup takes while the program runs. */
export interface DataFolder extends Disposable {
  readonly database: Database;
  /** Writes the copy. Whoever copies the folder leaves the database's own files out, as they change meanwhile, and takes this one. */
  makeCopy(): Promise<void>;
  /** Removes it. */
  dropCopy(): void;
}

/** `rest`: a copy is left behind at the end too, for a folder that is backed up while the program does not run, and still without its database. */
export interface DataOptions {
  readonly rest: boolean;
}

/**
 * Opens the folder. Where the database is missing and a copy is there, the folder came out of a backup, and the copy becomes the database.
 * Throws `NotStarted` when the folder cannot be used.
 */
export const openData = (folder: string, log: Log, { rest }: DataOptions): DataFolder => {
  const file = join(folder, "rack-power.db");
  const copy = join(folder, "backup.db");
  const open = (): Database => {
    try {
      if (restoreCopy(file, copy)) log.warn("the database was missing and was restored from the copy that a backup made");
      const database = openDatabase(file, (moved) => log.error(`the database was damaged and is now ${moved}; starting with a new one`));
      // Left over, or from the last end: the database goes on from here.
      dropFile(copy);
      return database;
    } catch (error) {
      const why = error instanceof InUse ? "another Rack Power uses it" : error instanceof Error ? error.message : String(error);
      throw new NotStarted([`data: the folder ${folder} cannot be used: ${why}`]);
    }
  };
  const database = open();
  return {
    database,
    makeCopy: () => database.copyTo(copy),
    dropCopy: () => dropFile(copy),
    [Symbol.dispose]: () => {
      database[Symbol.dispose]();
      if (rest) keepCopy(file, copy);
    },
  };
};

/** A text that is the same at every start and different on every installation. */
export const settled = (database: Database, key: string, make: () => string): string => {
  const [known] = database.all<{ value: string }>("select value from setting where key = ?", key);
  if (known) return known.value;
  const made = make();
  database.run("insert into setting (key, value) values (?, ?)", key, made);
  return made;
};
