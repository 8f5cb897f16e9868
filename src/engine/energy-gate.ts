import { pointNames, pointSpec, type PointName } from "#domain/capability.ts";
import { reading, type DeviceId, type PartId, type Reading } from "#domain/device.ts";
import { quantities } from "#domain/quantity.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database.ts";
import { count, firstCount, type CounterState } from "./counter.ts";

const totals: ReadonlySet<PointName> = new Set(
  pointNames.filter((point) => {
    const spec = pointSpec(point);
    return spec.type === "number" && quantities[spec.quantity].total;
  }),
);

/** The only way for counters into the store: what leaves here never falls and never jumps. */
export interface EnergyGate extends Disposable {
  pass(device: DeviceId, readings: readonly Reading[]): readonly Reading[];
  /** Writes to the disk what changed since the last time. */
  save(): void;
}

interface Counter {
  readonly device: DeviceId;
  readonly part: PartId;
  readonly point: PointName;
  state: CounterState | undefined;
}

/** How often counters go to the disk: rarely enough for an SD card. What a crash loses is made good by the device's own counter. */
const saveEvery = 60_000;
/** A new counter is saved soon, with others that are new: a crash must not let its total start again from another number. */
const saveNew = 250;

const createCounters = (): ((device: DeviceId, part: PartId, point: PointName) => Counter) => {
  const devices = new Map<DeviceId, Map<PartId, Map<PointName, Counter>>>();
  return (device, part, point) => {
    const known = devices.get(device)?.get(part)?.get(point);
    if (known) return known;
    const parts = devices.get(device) ?? new Map<PartId, Map<PointName, Counter>>();
    const points = parts.get(part) ?? new Map<PointName, Counter>();
    const counter = { device, part, point, state: undefined };
    devices.set(device, parts.set(part, points.set(point, counter)));
    return counter;
  };
};

export const createEnergyGate = (database: Database, clock: Clock): EnergyGate => {
  const counterOf = createCounters();
  const dirty = new Set<Counter>();
  for (const row of database.all<{ device: string; part: string; point: PointName; json: string }>("select device, part, point, json from counter"))
    counterOf(row.device, row.part, row.point).state = JSON.parse(row.json) as CounterState;

  let timer: Disposable | undefined;
  let due = Number.POSITIVE_INFINITY;
  const save = (): void => {
    timer?.[Symbol.dispose]();
    timer = undefined;
    due = Number.POSITIVE_INFINITY;
    if (dirty.size === 0) return;
    database.transaction(() => {
      for (const { device, part, point, state } of dirty)
        database.run("insert or replace into counter (device, part, point, json) values (?, ?, ?, ?)", device, part, point, JSON.stringify(state));
    });
    dirty.clear();
  };
  const saveWithin = (ms: number): void => {
    const at = clock.monotonic() + ms;
    if (at >= due) return;
    timer?.[Symbol.dispose]();
    due = at;
    timer = clock.after(ms, save);
  };

  const passOne = (counter: Counter, one: Reading, now: number): Reading | undefined => {
    const before = counter.state;
    const after = before ? count(before, one.value as number, now) : firstCount(one.value as number, now);
    counter.state = after;
    if (after.total !== before?.total) {
      dirty.add(counter);
      saveWithin(before ? saveEvery : saveNew);
    }
    if (after.total === one.value) return one;
    return after.total === undefined ? undefined : reading(one.part, one.point, after.total);
  };

  return {
    pass: (device, readings) => {
      if (!readings.some(({ point }) => totals.has(point))) return readings;
      const now = clock.now();
      return readings.map((one) => (totals.has(one.point) ? passOne(counterOf(device, one.part, one.point), one, now) : one)).filter((one) => one !== undefined);
    },
    save,
    [Symbol.dispose]: save,
  };
};
