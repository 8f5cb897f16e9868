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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface EntryRecord extends Mutable<Entry> {
  read: number;
}
interface PartRecord {
  readonly description: PartDescription;
  readonly entries: Map<PointName, EntryRecord>;
}
interface DeviceRecord {
  settings: DeviceSettings;
  connection: Connection;
  description?: Description;
  readonly parts: Map<PartId, PartRecord>;
  /** Built when somebody asks, dropped at the next write: a poll that nobody looks at costs no copies. */
  snapshot?: DeviceState | undefined;
}

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
      { id: part, description, entries: new Map([...entries].map(([point, { value, at, quality }]) => [point, { value, at, quality }])) },
    ]),
  ),
});

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
      else records.set(settings.id, { settings, connection, parts: new Map() });
      tell({ kind: "shape", device: settings.id });
    },
    connect: (id, connection) => {
      known(id).connection = connection;
      tell({ kind: "connection", device: id });
    },
    describe: (id, description) => {
      const record = known(id);
      record.description = description;
      const before = new Map(record.parts);
      record.parts.clear();
      for (const part of description.parts) {
        const entries = new Map([...(before.get(part.id)?.entries ?? [])].filter(([point]) => part.points.includes(point)));
        record.parts.set(part.id, { description: part, entries });
      }
      tell({ kind: "shape", device: id });
    },
    put: (id, readings, at, read = at) => {
      const record = known(id);
      const changed = new Map<PartId, PointName[]>();
      for (const { part, point, value } of readings) {
        const target = record.parts.get(part);
        if (!target) continue;
        const entry = target.entries.get(point);
        if (entry) {
          const news = entry.quality !== "good" || !same(entry.value, value);
          entry.at = at;
          entry.read = read;
          if (!news) continue;
          entry.value = value;
          entry.quality = "good";
        } else if (target.description.points.includes(point)) target.entries.set(point, { value, at, quality: "good", read });
        else continue;
        const points = changed.get(part);
        if (points) points.push(point);
        else changed.set(part, [point]);
      }
      for (const [part, points] of changed) tell({ kind: "readings", device: id, part, points });
    },
    expire: (id, since, of) => {
      const record = known(id);
      for (const [part, { entries }] of record.parts) {
        const points: PointName[] = [];
        for (const [point, entry] of entries) {
          if (entry.quality === "stale" || entry.read >= since || of?.(part, point) === false) continue;
          entry.quality = "stale";
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
