import { dirname, resolve } from "node:path";

/** `path` as an absolute path; a relative one counts from the folder that holds `file`. */
export const besideFile = (file: string, path: string): string => resolve(dirname(file), path);
