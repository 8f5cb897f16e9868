import type { DeviceId, PartId } from "#domain/device.ts";
import type { Database } from "#platform/database.ts";
import type { Log } from "#platform/log.ts";

/** When a UPS last went to its battery (RFC 3339), and why, as far as it was seen. */
export interface LastTransfer {
  readonly at: string;
  readonly reason?: string;
}

/** Outlives a restart: whoever asks in the morning wants to know of the night. */
export interface LastTransfers {
  get(device: DeviceId, part: PartId): LastTransfer | undefined;
  set(device: DeviceId, part: PartId, transfer: LastTransfer): void;
}

const keyOf = (part: PartId): string => `last transfer of ${part}`;

export const createLastTransfers = (database: Database, log: Log): LastTransfers => {
  const known = new Map<string, LastTransfer | undefined>();
  const read = (device: DeviceId, part: PartId): LastTransfer | undefined => {
    const [row] = database.all<{ bytes: Uint8Array }>("select bytes from cache where device = ? and key = ?", device, keyOf(part));
    return row && (JSON.parse(new TextDecoder().decode(row.bytes)) as LastTransfer);
  };
  return {
    get: (device, part) => {
      const key = `${device} ${part}`;
      if (!known.has(key)) known.set(key, read(device, part));
      return known.get(key);
    },
    set: (device, part, transfer) => {
      known.set(`${device} ${part}`, transfer);
      const bytes = new TextEncoder().encode(JSON.stringify(transfer));
      try {
        database.run("insert or replace into cache (device, key, bytes) values (?, ?, ?)", device, keyOf(part), bytes);
      } catch (error) {
        // A full disk must not cost what the UPS says.
        log.error(`${device} ${part}: the last transfer cannot be saved`, error);
      }
    },
  };
};
