import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceSettings, Reading, Wanted } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import type { Driver } from "#driver/contract.ts";
import { Device, type DeviceServices } from "#engine/device.ts";
import { createEnergyGate } from "#engine/energy-gate.ts";
import { createIntake } from "#engine/intake.ts";
import { planPolls, type PollPlan } from "#engine/polling.ts";
import { EndpointQueue } from "#engine/queue.ts";
import { systemClock } from "#platform/clock.ts";
import { openDatabase } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { createStore, type Store } from "#store/store.ts";

/** A device that the engine would run, without its loop: it is read when the benchmark says so. */
export interface BenchDevice {
  readonly id: string;
  readonly plan: PollPlan;
  /** From the wire into the store, through queue and energy gate. */
  read(wanted: readonly Wanted[]): Promise<readonly Reading[]>;
}

export interface Bench extends AsyncDisposable {
  readonly store: Store;
  /** Connects and describes, as the engine does. `options` as in the configuration. */
  open(id: string, driver: Driver<never>, options: object): Promise<BenchDevice>;
}

const settingsOf = (id: string, driver: string): DeviceSettings => ({ id, driver, interval: 10, fedBy: [], parts: {} });

/** Store, database and queues of a program of its own. */
export const createBench = (): Bench => {
  const folder = mkdtempSync(join(tmpdir(), "rack-power-bench-"));
  const database = openDatabase(join(folder, "bench.db"), () => undefined);
  const store = createStore();
  const log = createLog("error");
  const gate = createEnergyGate(database, systemClock, log);
  const intake = createIntake({ store, database, clock: systemClock, log, gate, settings: (id) => settingsOf(id, "bench") });
  const queues = new Map<string, EndpointQueue>();
  const devices: Device[] = [];
  const life = new AbortController();
  const services: DeviceServices = {
    store,
    intake,
    clock: systemClock,
    log,
    describe: (id, description) => intake.offer(id, description),
    present: () => undefined,
    cache: {
      get: (device, key) => database.all<{ bytes: Uint8Array }>("select bytes from cache where device = ? and key = ?", device, key)[0]?.bytes,
      set: (device, key, value) => database.run("insert or replace into cache (device, key, bytes) values (?, ?, ?)", device, key, value),
    },
  };
  return {
    store,
    open: async (id, driver, options) => {
      const settings = settingsOf(id, driver.name);
      const parsed = (driver as Driver).options.parse(options);
      const endpoint = `${driver.name} ${(driver as Driver).endpoint(parsed)}`;
      const queue = queues.get(endpoint) ?? new EndpointQueue(driver.parallel);
      queues.set(endpoint, queue);
      store.settle(settings, { state: "connecting", since: systemClock.now() });
      const device = new Device({ settings, driver, options: parsed }, queue, services);
      devices.push(device);
      const description = services.describe(id, await device.connect(life.signal));
      store.describe(id, description);
      store.connect(id, { state: "online", since: systemClock.now() });
      return { id, plan: planPolls(description), read: (wanted) => device.read(wanted, "poll", life.signal) };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(devices.map((device) => device.disconnect(new Fault("unreachable", "the benchmark is over"))));
      life.abort();
      gate[Symbol.dispose]();
      database[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
