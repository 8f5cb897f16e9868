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

/** How often counters go to the disk: rarely enough for an SD card. What a crash loses is made good by the device's own counter. */
const saveEvery = 60_000;

export const createEnergyGate = (database: Database, clock: Clock): EnergyGate => {
  const states = new Map<string, CounterState>();
  const dirty = new Set<string>();
  const keyOf = (device: DeviceId, part: PartId, point: PointName): string => `${device}\n${part}\n${point}`;
  for (const row of database.all<{ device: string; part: string; point: PointName; json: string }>("select device, part, point, json from counter"))
    states.set(keyOf(row.device, row.part, row.point), JSON.parse(row.json) as CounterState);

  const save = (): void => {
    if (dirty.size === 0) return;
    database.transaction(() => {
      for (const key of dirty) {
        const [device = "", part = "", point = ""] = key.split("\n");
        database.run("insert or replace into counter (device, part, point, json) values (?, ?, ?, ?)", device, part, point, JSON.stringify(states.get(key)));
      }
    });
    dirty.clear();
  };
  let timer: Disposable | undefined;
  const soon = (): void => {
    timer ??= clock.after(saveEvery, () => {
      timer = undefined;
      save();
    });
  };

  const passOne = (device: DeviceId, { part, point, value }: Reading): Reading | undefined => {
    const key = keyOf(device, part, point);
    const before = states.get(key);
    const after = before ? count(before, value as number, clock.now()) : firstCount(value as number, clock.now());
    states.set(key, after);
    if (after.total !== before?.total) {
      dirty.add(key);
      // A new counter is saved at once: a crash must not let its total start again from another number.
      if (before) soon();
      else save();
    }
    return after.total === undefined ? undefined : reading(part, point, after.total);
  };

  return {
    pass: (device, readings) => {
      if (!readings.some(({ point }) => totals.has(point))) return readings;
      return readings.map((one) => (totals.has(one.point) ? passOne(device, one) : one)).filter((one) => one !== undefined);
    },
    save,
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]();
      save();
    },
  };
};
