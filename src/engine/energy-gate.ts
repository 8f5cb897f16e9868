import { pointNames, pointSpec, type PointName } from "#domain/capability.ts";
import { reading, type DeviceId, type PartId, type Reading } from "#domain/device.ts";
import { quantities } from "#domain/quantity.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database.ts";
import type { Log } from "#platform/log.ts";
import { addTo, couldBeNew, count, firstCount, type CounterState } from "./counter.ts";

const totals: ReadonlySet<PointName> = new Set(
  pointNames.filter((point) => {
    const spec = pointSpec(point);
    return spec.type === "number" && quantities[spec.quantity].total;
  }),
);

/** The only way for counters into the store: what leaves here never falls and never jumps. */
export interface EnergyGate extends Disposable {
  pass(device: DeviceId, readings: readonly Reading[]): readonly Reading[];
  /**
   * Adds to a total that no device counts, so that none could make it good after a crash: told is only what is on the disk, and that grows about
   * once a minute. Gives what may be told now.
   */
  add(device: DeviceId, part: PartId, point: PointName, flowed: number): number | undefined;
  /** Writes to the disk what changed since the last time. */
  save(): void;
}

interface Counter {
  readonly device: DeviceId;
  readonly part: PartId;
  readonly point: PointName;
  state: CounterState | undefined;
  /** The total that the disk has. */
  saved: number | undefined;
  /** What the disk says has not yet been joined to what the device says. */
  restored: boolean;
  /** Nothing less is told: so much may have been told before a crash. */
  least: number;
  /** It is counted here and not by the device. */
  own: boolean;
}

/** How often counters go to the disk: rarely enough for an SD card. What a crash loses is made good by the device's own counter. */
const saveEvery = 60_000;
/** kWh that may be told beyond what is on the disk. More goes there first: after a crash, a device that has started anew makes nothing good. */
const reserve = 0.05;
/** A new counter is saved soon, with others that are new: a crash must not let its total start again from another number. */
const saveNew = 250;

type Saved = CounterState & { readonly least?: number; readonly own?: boolean };
const restore = (counter: Counter, { least = 0, own = false, ...state }: Saved): void =>
  void Object.assign(counter, { state, saved: state.total, least, own, restored: true });

const createCounters = (): ((device: DeviceId, part: PartId, point: PointName) => Counter) => {
  const devices = new Map<DeviceId, Map<PartId, Map<PointName, Counter>>>();
  return (device, part, point) => {
    const known = devices.get(device)?.get(part)?.get(point);
    if (known) return known;
    const parts = devices.get(device) ?? new Map<PartId, Map<PointName, Counter>>();
    const points = parts.get(part) ?? new Map<PointName, Counter>();
    const counter = { device, part, point, state: undefined, saved: undefined, restored: false, least: 0, own: false };
    devices.set(device, parts.set(part, points.set(point, counter)));
    return counter;
  };
};

/** True when the device's counter began anew, and the total goes on from where it was. */
const beganAnew = (before: CounterState | undefined, after: CounterState): boolean =>
  before?.doubted !== undefined && after.doubted === undefined && Math.abs((after.total ?? 0) - (before.total ?? 0) - (after.raw - before.raw)) > 1e-6;

export const createEnergyGate = (database: Database, clock: Clock, log: Log): EnergyGate => {
  // Runs on evenly while the wall clock is set, and goes on after a restart from where that clock then is.
  const start = clock.now() - clock.monotonic();
  const counterOf = createCounters();
  const dirty = new Set<Counter>();
  for (const row of database.all<{ device: string; part: string; point: PointName; json: string }>("select device, part, point, json from counter"))
    restore(counterOf(row.device, row.part, row.point), JSON.parse(row.json) as Saved);

  let timer: Disposable | undefined;
  let due = Number.POSITIVE_INFINITY;
  let failing = false;
  const save = (): void => {
    timer?.[Symbol.dispose]();
    timer = undefined;
    due = Number.POSITIVE_INFINITY;
    if (dirty.size === 0) return;
    try {
      database.transaction(() => {
        for (const { device, part, point, state, least, own } of dirty)
          database.run(
            "insert or replace into counter (device, part, point, json) values (?, ?, ?, ?)",
            device,
            part,
            point,
            // A doubt is not kept: it may have gone by the time of a crash.
            JSON.stringify({ ...state, doubted: undefined, least, ...(own && { own }) }),
          );
      });
      for (const counter of dirty) counter.saved = counter.state?.total;
      dirty.clear();
      failing = false;
    } catch (error) {
      // A full disk must not end the program; what is not saved is saved later, and said so once in a while only.
      failing = true;
      saveWithin(saveEvery);
      log.error("the totals of energy cannot be saved", error);
    }
  };
  const saveWithin = (ms: number): void => {
    const at = clock.monotonic() + ms;
    if (at >= due) return;
    timer?.[Symbol.dispose]();
    due = at;
    timer = clock.after(ms, save);
  };

  const addOne = (counter: Counter, flowed: number): number | undefined => {
    const { state, restored, own, saved } = counter;
    // The device that counted before may have told more than the disk has.
    if (restored && !own) counter.least = Math.max(counter.least, (saved ?? 0) + reserve);
    const before = state?.total;
    const total = addTo(before ?? 0, flowed);
    Object.assign(counter, { state: { total, raw: total, at: start + clock.monotonic() }, restored: false, own: true });
    if (total !== before) {
      dirty.add(counter);
      saveWithin(before === undefined ? saveNew : saveEvery);
      if (!failing && total - (saved ?? 0) >= reserve) save();
    }
    return counter.saved === undefined ? undefined : Math.max(counter.saved, counter.least);
  };

  const lasts = new Map<DeviceId, { readonly readings: readonly Reading[]; readonly counters: readonly (Counter | undefined)[] }>();
  let urgent = false;
  const passOne = (counter: Counter, one: Reading, now: number): Reading | undefined => {
    const before = counter.state;
    const after = before ? count(before, one.value as number, now) : firstCount(one.value as number, now);
    counter.own = false;
    const anew = beganAnew(before, after);
    counter.state = after;
    // Until it is clear how the device goes on, the last word before the crash stands.
    if (counter.restored && (after.doubted || after === before)) return undefined;
    // A number that seems to go on from the disk may be that of a device which has started anew: what was told in between is not known then.
    if (counter.restored && before && (anew || couldBeNew(before, one.value as number, now)))
      counter.least = Math.max(counter.least, (counter.saved ?? 0) + reserve);
    counter.restored = false;
    if (after.total === undefined) return undefined;
    // What was told before a doubt is on the disk while it lasts: after a crash the device may go on from a number that looks like the saved one.
    const doubting = after.doubted !== undefined && before?.doubted === undefined;
    if (after.total !== before?.total || anew || doubting) {
      dirty.add(counter);
      saveWithin(before ? saveEvery : saveNew);
      urgent ||= anew || doubting || after.total - (counter.saved ?? after.total) >= reserve;
    }
    const total = Math.max(after.total, counter.least);
    return total === one.value ? one : reading(one.part, one.point, total);
  };

  return {
    pass: (device, readings) => {
      const last = lasts.get(device);
      const counters: (Counter | undefined)[] = [];
      const now = start + clock.monotonic();
      let passed: (Reading | undefined)[] | undefined;
      for (let index = 0; index < readings.length; index++) {
        const one = readings[index] as Reading;
        // A driver gives the same object again for what has not changed.
        const counter = one === last?.readings[index] ? last.counters[index] : totals.has(one.point) ? counterOf(device, one.part, one.point) : undefined;
        counters.push(counter);
        const told = counter ? passOne(counter, one, now) : one;
        if (told !== one) passed ??= [...readings];
        if (passed) passed[index] = told;
      }
      lasts.set(device, { readings, counters });
      if (urgent && !failing) save();
      urgent = false;
      return passed?.filter((one) => one !== undefined) ?? readings;
    },
    add: (device, part, point, flowed) => addOne(counterOf(device, part, point), flowed),
    save,
    [Symbol.dispose]: save,
  };
};
