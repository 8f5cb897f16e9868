import { mkdir, open, readFile, readdir, rename } from "node:fs/promises";
import { dirname } from "node:path";

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
  await mkdir(folder, { recursive: true });
  const beside = `${path}.new`;
  await using file = await open(beside, "w", mode);
  await file.writeFile(text);
  await file.sync();
  await rename(beside, path);
  await using entry = await open(folder, "r");
  await entry.sync();
};

/** Names of the folders in a folder, in order of the alphabet. */
export const foldersIn = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
};
