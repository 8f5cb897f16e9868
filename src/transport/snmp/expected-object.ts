import { objectIdentifier } from "./ber.ts";

/** An object that an answer is expected to hold: its name, and the same as it stands in the message. */
export interface Expected {
  readonly oid: string;
  readonly bytes: Buffer;
}

/** Devices of one kind have the same objects: each name is kept once. */
const known = new Map<string, Expected>();
const most = 20_000;

/** Name with its header. */
export const expected = (oid: string): Expected => {
  const found = known.get(oid);
  if (found) return found;
  const made = { oid, bytes: objectIdentifier(oid) };
  if (known.size < most) known.set(oid, made);
  return made;
};
