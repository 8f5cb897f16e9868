import { Secret } from "#domain/secret.ts";
import { readTextIfThere, writeTextSafely } from "#platform/file.ts";

/** The key in this file, made at the first use; nobody but this program may read it. */
export const ownKey = async (path: string): Promise<Secret> => {
  const known = (await readTextIfThere(path))?.trim() ?? "";
  if (/^[0-9a-f]{48}$/.test(known)) return new Secret(known);
  const made = Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("hex");
  await writeTextSafely(path, `${made}\n`);
  return new Secret(made);
};
