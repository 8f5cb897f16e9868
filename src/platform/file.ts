import { chmod, constants, copyFile, link, open, readFile, readdir, realpath, rename, stat, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "./folder.ts";

/** The text of a file, or undefined when there is none. Any other failure is thrown. */
export const readTextIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/** The text of a file. Throws when it cannot be read. */
export const readText = (path: string): Promise<string> => readFile(path, "utf8");

/** Writes the whole file or leaves the old one: to a neighbour, to the disk, then renamed (a power cut leaves no half file). */
export const writeTextSafely = async (path: string, text: string, mode = 0o600): Promise<void> => {
  const folder = dirname(path);
  makeFolder(folder);
  const beside = `${path}.new`;
  await using file = await open(beside, "w", mode);
  await file.writeFile(text);
  await file.sync();
  await rename(beside, path);
  await using entry = await open(folder, "r");
  await entry.sync();
};

/**
 * Changes a file that a person writes too: keeps its mode, follows a link, and leaves it alone when it does not hold `before` any more
 * (undefined: when there is one now). False then.
 */
export const replaceText = async (path: string, before: string | undefined, text: string): Promise<boolean> => {
  if ((await readTextIfThere(path)) !== before) return false;
  if (before === undefined) {
    await writeTextSafely(path, text);
    return true;
  }
  const target = await realpath(path);
  const { mode } = await stat(target);
  await writeTextSafely(target, text, mode);
  // What the process's own mask took away when the file was made.
  await chmod(target, mode);
  return true;
};

const isExisting = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EEXIST";

/** Writes a file that is not there yet, whole or not at all. False when there is one already; that is left as it is. */
export const writeNewText = async (path: string, text: string, mode = 0o600): Promise<boolean> => {
  if ((await readTextIfThere(path)) !== undefined) return false;
  const beside = `${path}.${crypto.randomUUID()}`;
  await writeTextSafely(beside, text, mode);
  try {
    // Unlike a rename, neither takes the place of a file that somebody made meanwhile. Not every file system, nor every profile, allows links.
    await link(beside, path).catch((error: unknown) => (isExisting(error) ? Promise.reject(error as Error) : copyFile(beside, path, constants.COPYFILE_EXCL)));
    return true;
  } catch (error) {
    if (isExisting(error)) return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
};

/** Names of the folders in a folder, in order of the alphabet. */
export const foldersIn = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
};
