import { z } from "zod";
import type { PointName, Value } from "#domain/capability.ts";
import { reading, type Description, type DeviceSettings, type PartId, type Reading, type Wanted } from "#domain/device.ts";
import type { Fault } from "#domain/fault.ts";
import type { UpsEvent } from "#domain/ups-event.ts";
import { upsStatus, upsStatusPoints } from "#domain/ups-status.ts";
import type { Driver } from "#driver/contract.ts";
import { Engine } from "#engine/engine.ts";
import { abortable } from "#platform/abort.ts";
import { openDatabase, type Database } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { partState } from "#publish/mqtt/part-state.ts";
import { goodValue } from "#store/read.ts";
import { createStore, type Store } from "#store/store.ts";
import { virtualClock, type VirtualClock } from "#test/platform/virtual-clock.ts";

/** What the device gives besides its status, by part and point: `output meter.power`. */
export type Values = Readonly<Record<string, Value | undefined>>;

export interface UpsDouble {
  /** Status words, as the driver translates them; undefined when the device leaves its status out. */
  words: string | undefined;
  values: Values;
  /** Answers nothing: every call throws this. */
  dead: Fault | undefined;
  /** Takes the question, and never answers it. */
  hanging: boolean;
}

const split = (key: string): readonly [PartId, PointName] => key.split(" ") as [PartId, PointName];

const describeUps = ({ values }: UpsDouble): Description => {
  const parts = new Map<PartId, PointName[]>([["ups", [...upsStatusPoints]]]);
  for (const [part, point] of Object.keys(values).map(split)) parts.set(part, [...(parts.get(part) ?? []), point]);
  return { model: "Double", parts: [...parts].map(([id, points]) => ({ id, points, commands: [] })) };
};

const readUps = ({ words, values }: UpsDouble): readonly Reading[] => [
  ...(words === undefined ? [] : upsStatus("ups", words.split(" "))),
  ...Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [reading(...split(key), value)])),
];

export interface UpsRig extends AsyncDisposable {
  readonly ups: UpsDouble;
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly events: UpsEvent[];
  /** Types of the events so far, and none of them again. */
  news(): readonly string[];
  /** The value that is good now. */
  now(part: PartId, point: PointName): Value | undefined;
  /** What MQTT says of the part. */
  told(part: PartId): Record<string, Record<string, Value | null>>;
  /** Until the poll after the next has been taken. */
  polls(count?: number): Promise<void>;
  reads(): number;
  /** What the engine asked for with the last read, as `output meter.power`. */
  asked(): readonly string[];
}

/** A UPS in memory with a whole engine on a virtual clock. It is online when this resolves. */
export const upsRig = async (
  set: Partial<UpsDouble> = {},
  more: Partial<DeviceSettings> = {},
  database: Database = openDatabase(":memory:", () => undefined),
  shared?: VirtualClock,
): Promise<UpsRig> => {
  const ups: UpsDouble = { words: "OL", values: {}, dead: undefined, hanging: false, ...set };
  const clock = shared ?? virtualClock();
  const store = createStore();
  const engine = new Engine({ store, database, clock, log: createLog("error", () => undefined) });
  const events: UpsEvent[] = [];
  let reads = 0;
  let asked: readonly Wanted[] = [];
  const driver: Driver = {
    name: "double",
    options: z.unknown(),
    endpoint: () => "ups",
    parallel: 1,
    open: async () => {
      if (ups.dead) throw ups.dead;
      return {
        describe: async () => describeUps(ups),
        read: async (wanted, signal) => {
          if (ups.dead) throw ups.dead;
          if (ups.hanging) return await abortable(new Promise<never>(() => undefined), signal);
          reads++;
          asked = wanted;
          return readUps(ups).filter(({ part, point }) => wanted.some((one) => one.part === part && one.point === point));
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  };
  engine.events.subscribe((event) => void events.push(event));
  engine.start({ settings: { id: "ups", driver: "double", fedBy: [], interval: 1, parts: {}, ...more }, driver, options: {} });
  while (!ups.dead && store.device("ups")?.connection.state !== "online") await clock.sleep(10);
  const partOf = (part: PartId) => store.device("ups")?.parts.get(part);
  let heard = 0;
  return {
    ups,
    engine,
    store,
    clock,
    events,
    news: () => {
      const fresh = events.slice(heard).map(({ type }) => type);
      heard = events.length;
      return fresh;
    },
    now: (part, point) => goodValue(partOf(part), point),
    told: (part) => {
      const state = partOf(part);
      return state ? (JSON.parse(partState(state)) as ReturnType<UpsRig["told"]>) : {};
    },
    polls: async (count = 1) => {
      const until = reads + count + 1;
      while (reads < until) await clock.sleep(10);
    },
    reads: () => reads,
    asked: () => asked.map(({ part, point }) => `${part} ${point}`),
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      if (!shared) clock[Symbol.dispose]();
    },
  };
};
