import type { Context } from "#driver/contract.ts";
import { firstRecord, type Walk } from "./sdr-repository.ts";

/*
 * What a BMC's records were when they were last walked: `stamp length (1) · stamp · next record (2) · records`. The stamp is all
 * that tells one state of one BMC from another; with a new stamp everything is read again.
 */

const key = "sdr";
export const emptyWalk: Walk = { records: [], next: firstRecord };

const split = (bytes: Buffer): readonly Buffer[] => {
  const records: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 5 + bytes.readUInt8(at + 4);
    if (end > bytes.length) break;
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
};

/** The walk that was saved under this stamp, whole or broken off; an empty one otherwise. */
export const recallWalk = (cache: Context["cache"], stamp: Buffer): Walk => {
  const saved = cache.get(key);
  if (!saved) return emptyWalk;
  const bytes = Buffer.from(saved);
  const length = bytes[0] ?? 0;
  if (bytes.length < 3 + length || !bytes.subarray(1, 1 + length).equals(stamp)) return emptyWalk;
  return { next: bytes.readUInt16LE(1 + length), records: split(bytes.subarray(3 + length)) };
};

export const saveWalk = (cache: Context["cache"], stamp: Buffer, { next, records }: Walk): void => {
  const head = Buffer.alloc(3 + stamp.length);
  head[0] = stamp.length;
  stamp.copy(head, 1);
  head.writeUInt16LE(next, 1 + stamp.length);
  cache.set(key, Buffer.concat([head, ...records]));
};
