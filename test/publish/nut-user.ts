import { sha256 } from "#platform/digest.ts";
import type { NutUser } from "#publish/nut/option.ts";

/** A user of our NUT server, who may do nothing but what is said. */
export const user = (name: string, password: string, rights: Partial<Omit<NutUser, "name" | "hash">> = {}): NutUser => ({
  name,
  hash: sha256(password),
  commands: [],
  set: false,
  ...rights,
});
