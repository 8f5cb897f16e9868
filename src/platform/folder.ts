import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const refusal = (path: string, error: unknown): Error => {
  const code = String((error as NodeJS.ErrnoException).code);
  const above = dirname(path);
  if (code === "EEXIST" || code === "ENOTDIR") return new Error(`${path} is there but is no folder, or a link that leads nowhere`, { cause: error });
  const why =
    code === "EACCES" || code === "EPERM" ? "does not let this program make folders" : code === "EROFS" ? "cannot be written" : "takes no new folders";
  return new Error(`${above} ${why} (${code})`, { cause: error });
};

/**
 * Makes a folder with those above it that are missing. Throws a sentence for a person when it cannot be made.
 * Step by step from the first that is there: below one that takes none, such as /proc, the system says ENOENT, of which Node's recursive
 * `mkdir` makes "the one above is missing", finds it there, and tries again for ever, with the whole program standing still.
 */
export const makeFolder = (path: string): void => {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another program may have made it meanwhile.
    if (!isFolder(path)) throw refusal(path, error);
  }
};
