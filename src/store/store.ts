import type { PointName, Value } from "#domain/capability.ts";
import type { Description, DeviceId, DeviceSettings, PartDescription, PartId, Reading } from "#domain/device.ts";
import type { Change, Connection, DeviceState, Entry, PartState, StoreReader } from "./read.ts";

/** The engine's side of the store. Nobody else writes. */
export interface Store extends StoreReader {
  /** Makes the device known, or gives it new settings. */
  settle(settings: DeviceSettings, connection: Connection): void;
  connect(id: DeviceId, connection: Connection): void;
  describe(id: DeviceId, description: Description): void;
  /** Readings of parts or points that the description does not name are dropped. `read` is when, by a clock that nobody sets; `at` is for people. */
  put(id: DeviceId, readings: readonly Reading[], at: number, read?: number): void;
  /** Marks as stale what was read before `since`, by the clock of `read`, of the points for which `of` is true. */
  expire(id: DeviceId, since: number, of?: (part: PartId, point: PointName) => boolean): void;
  remove(id: DeviceId): void;
}

interface EntryRecord {
  value: Value;
  quality: Entry["quality"];
  /** Where its times stand in the device's. */
  readonly slot: number;
}
interface PartRecord {
  readonly description: PartDescription;
  readonly entries: Map<PointName, EntryRecord>;
}
interface DeviceRecord {
  settings: DeviceSettings;
  connection: Connection;
  description?: Description;
  parts: Map<PartId, PartRecord>;
  /** Two numbers for each entry: `at` and `read`. Side by side, as each poll touches all of them. */
  times: number[];
  /** What was put last, and the slots that it went to; emptied when anything but `put` changes an entry. */
  last: Last;
  /** Built when somebody asks, dropped at the next write: a poll that nobody looks at costs no copies. */
  snapshot?: DeviceState | undefined;
}

interface Last {
  readonly readings: readonly Reading[];
  readonly slots: readonly number[];
}
const nothing: Last = { readings: [], slots: [] };

const same = (a: Value, b: Value): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((word, index) => word === b[index]));

const freeze = (id: DeviceId, record: DeviceRecord): DeviceState => ({
  id,
  settings: record.settings,
  connection: record.connection,
  ...(record.description && { description: record.description }),
  parts: new Map(
    [...record.parts].map(([part, { description, entries }]): [PartId, PartState] => [
      part,
      {
        id: part,
        description,
        entries: new Map([...entries].map(([point, { value, quality, slot }]) => [point, { value, at: record.times[2 * slot] as number, quality }])),
      },
    ]),
  ),
});

/** Puts one value; gives the slot of its entry, or -1 when the description does not name it. */
const enter = ({ parts, times }: DeviceRecord, { part, point, value }: Reading, changed: Map<PartId, PointName[]>): number => {
  const target = parts.get(part);
  let entry = target?.entries.get(point);
  if (entry) {
    if (entry.quality === "good" && same(entry.value, value)) return entry.slot;
    entry.value = value;
    entry.quality = "good";
  } else {
    if (!target?.description.points.includes(point)) return -1;
    entry = { value, quality: "good", slot: times.length / 2 };
    target.entries.set(point, entry);
    times.push(0, 0);
  }
  const points = changed.get(part);
  if (points) points.push(point);
  else changed.set(part, [point]);
  return entry.slot;
};

export const createStore = (): Store => {
  const records = new Map<DeviceId, DeviceRecord>();
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change): void => {
    for (const listener of listeners) listener(change);
  };
  const known = (id: DeviceId): DeviceRecord => {
    const record = records.get(id);
    if (!record) throw new TypeError(`the store does not know ${id}`);
    record.snapshot = undefined;
    return record;
  };

  return {
    device: (id) => {
      const record = records.get(id);
      return record && (record.snapshot ??= freeze(id, record));
    },
    devices: () => [...records].map(([id, record]) => (record.snapshot ??= freeze(id, record))),
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },

    settle: (settings, connection) => {
      const record = records.get(settings.id);
      if (record) Object.assign(known(settings.id), { settings, connection });
      else records.set(settings.id, { settings, connection, parts: new Map(), times: [], last: nothing });
      tell({ kind: "shape", device: settings.id });
    },
    connect: (id, connection) => {
      known(id).connection = connection;
      tell({ kind: "connection", device: id });
    },
    describe: (id, description) => {
      const record = known(id);
      record.description = description;
      record.last = nothing;
      const { parts: before, times } = record;
      record.parts = new Map();
      record.times = [];
      for (const part of description.parts) {
        const entries = new Map<PointName, EntryRecord>();
        for (const [point, entry] of before.get(part.id)?.entries ?? []) {
          if (!part.points.includes(point)) continue;
          entries.set(point, { ...entry, slot: record.times.length / 2 });
          record.times.push(times[2 * entry.slot] as number, times[2 * entry.slot + 1] as number);
        }
        record.parts.set(part.id, { description: part, entries });
      }
      tell({ kind: "shape", device: id });
    },
    put: (id, readings, at, read = at) => {
      const record = known(id);
      const changed = new Map<PartId, PointName[]>();
      const { last, times } = record;
      const slots: number[] = [];
      for (let index = 0; index < readings.length; index++) {
        const one = readings[index] as Reading;
        // The same object at the same place as the last time is the same value of the same entry: only its times are new.
        const slot = one === last.readings[index] ? (last.slots[index] as number) : enter(record, one, changed);
        slots.push(slot);
        if (slot < 0) continue;
        times[2 * slot] = at;
        times[2 * slot + 1] = read;
      }
      record.last = { readings, slots };
      for (const [part, points] of changed) tell({ kind: "readings", device: id, part, points });
    },
    expire: (id, since, of) => {
      const record = known(id);
      for (const [part, { entries }] of record.parts) {
        const points: PointName[] = [];
        for (const [point, entry] of entries) {
          if (entry.quality === "stale" || (record.times[2 * entry.slot + 1] as number) >= since || of?.(part, point) === false) continue;
          entry.quality = "stale";
          record.last = nothing;
          points.push(point);
        }
        if (points.length > 0) tell({ kind: "readings", device: id, part, points });
      }
    },
    remove: (id) => {
      if (records.delete(id)) tell({ kind: "removed", device: id });
    },
  };
};
