import { z } from "zod";
import type { Command } from "#domain/command.ts";
import type { Description, DeviceSettings, PartDescription, Reading, Wanted } from "#domain/device.ts";
import { afterWrite, Fault } from "#domain/fault.ts";
import type { Driver, Session } from "#driver/contract.ts";
import { Engine } from "#engine/engine.ts";
import type { Clock } from "#platform/clock.ts";
import { openDatabase, type Database } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { createStore, type Store } from "#store/store.ts";
import { virtualClock } from "#test/platform/virtual-clock.ts";

/** A device in memory whose faults a test sets. `writes` is the truth: what reached the device. */
export interface DeviceDouble {
  on: boolean;
  label: string | undefined;
  pending: boolean;
  energy: number | undefined;
  /** A device with a battery says so in a second part. */
  onBattery: boolean | undefined;
  readonly writes: string[];
  reads: number;
  opened: number;
  closed: number;
  /** Answers nothing: every call throws this. */
  dead: Fault | undefined;
  /** What happens to a write. */
  fault: "none" | "dropped" | "error-but-done" | "error" | "answer-lost" | "never-sent" | "denied";
  /** Milliseconds per read. */
  slow: number;
  /** Does not listen to its signal: answers although nobody waits any more. */
  deaf: boolean;
  commands: PartDescription["commands"];
  /** Notices that it has got or lost its battery since it was described. */
  noticing: boolean;
}

export const deviceDouble = (set: Partial<DeviceDouble> = {}): DeviceDouble => ({
  on: true,
  label: "nas",
  pending: false,
  energy: undefined,
  onBattery: undefined,
  writes: [],
  reads: 0,
  opened: 0,
  closed: 0,
  dead: undefined,
  fault: "none",
  slow: 0,
  deaf: false,
  commands: ["outlet.on", "outlet.off", "outlet.cycle"],
  noticing: false,
  ...set,
});

const part = "outlet/1";
const points = ["outlet.on", "outlet.pending", "outlet.label", "meter.energy"] as const;

const sessionTo = (device: DeviceDouble, clock: Clock): Session => {
  const alive = (): void => {
    if (device.dead) throw device.dead;
  };
  const values = (): readonly Reading[] => [
    { part, point: "outlet.on", value: device.on },
    { part, point: "outlet.pending", value: device.pending },
    ...(device.label === undefined ? [] : [{ part, point: "outlet.label", value: device.label } as const]),
    ...(device.energy === undefined ? [] : [{ part, point: "meter.energy", value: device.energy } as const]),
    ...(device.onBattery === undefined ? [] : [{ part: "ups", point: "ups.onBattery", value: device.onBattery } as const]),
  ];
  const act = (command: Command): void => {
    if (command.name === "outlet.cycle") {
      device.on = false;
      void clock.sleep(2000).then(() => {
        device.on = true;
      });
    } else device.on = command.name === "outlet.on";
  };
  let described = false;
  const hasBattery = (): boolean => device.onBattery !== undefined;
  return {
    get outdated() {
      return device.noticing && described !== hasBattery();
    },
    describe: async (): Promise<Description> => {
      alive();
      described = hasBattery();
      const outlet = { id: part, ...(device.label !== undefined && { label: device.label }), points, commands: device.commands };
      return { model: "Double", parts: [outlet, ...(device.onBattery === undefined ? [] : [{ id: "ups", points: ["ups.onBattery"], commands: [] } as const])] };
    },
    read: async (wanted: readonly Wanted[], signal) => {
      device.reads++;
      if (device.slow > 0) await clock.sleep(device.slow, device.deaf ? undefined : signal);
      alive();
      return values().filter(({ point }) => wanted.some((one) => one.point === point));
    },
    execute: async (command) => {
      alive();
      if (device.fault === "never-sent") throw new Fault("unreachable", "no way there");
      device.writes.push(command.name);
      if (device.fault === "denied") throw new Fault("denied", "wrong password");
      if (device.fault === "error") throw afterWrite(new Fault("rejected", "genErr"));
      if (device.fault !== "dropped") act(command);
      if (device.fault === "error-but-done") throw afterWrite(new Fault("rejected", "genErr"));
      if (device.fault === "answer-lost") throw afterWrite(new Fault("timeout", "no answer"));
    },
    [Symbol.asyncDispose]: async () => {
      device.closed++;
    },
  };
};

const settingsOf = (id: string, more: Partial<DeviceSettings> = {}): DeviceSettings => ({ id, driver: "double", fedBy: [], interval: 10, parts: {}, ...more });

export interface RackDouble extends AsyncDisposable {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: ReturnType<typeof virtualClock>;
  readonly lines: string[];
  start(id: string, device: DeviceDouble, more?: Partial<DeviceSettings>, endpoint?: string): void;
  /** A device whose sessions a test makes itself. */
  run(id: string, open: () => Promise<Session>, more?: Partial<DeviceSettings>, endpoint?: string): void;
}

/** A whole engine on a virtual clock, with devices in memory. */
export const rackDouble = (database: Database = openDatabase(":memory:", () => undefined)): RackDouble => {
  const clock = virtualClock();
  const lines: string[] = [];
  const store = createStore();
  const engine = new Engine({ store, database, clock, log: createLog("info", (line) => lines.push(line)) });
  const run: RackDouble["run"] = (id, open, more, endpoint = id) => {
    const driver: Driver = { name: "double", options: z.unknown(), endpoint: () => endpoint, parallel: 1, open };
    engine.start({ settings: settingsOf(id, more), driver, options: {} });
  };
  const open = (device: DeviceDouble) => async (): Promise<Session> => {
    if (device.dead) throw device.dead;
    device.opened++;
    return sessionTo(device, clock);
  };
  return {
    engine,
    store,
    clock,
    lines,
    run,
    start: (id, device, more, endpoint) => run(id, open(device), more, endpoint),
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
    },
  };
};
