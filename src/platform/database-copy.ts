import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from "node:fs";

export const dropFile = (path: string): void => rmSync(path, { force: true });

/** Puts the copy where the database belongs, when that is missing. True when it did. */
export const restoreCopy = (database: string, copy: string): boolean => {
  if (existsSync(database) || !existsSync(copy)) return false;
  // A log without its database belongs to another one.
  for (const tail of ["-wal", "-shm"]) dropFile(database + tail);
  renameSync(copy, database);
  return true;
};

/** Leaves a copy of a closed database: a second name for the same file where the file system knows such, which costs nothing. */
export const keepCopy = (database: string, copy: string): void => {
  dropFile(copy);
  try {
    linkSync(database, copy);
  } catch {
    copyFileSync(database, copy);
  }
};
