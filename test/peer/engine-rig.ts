import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { CommandName, PointName, Value } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { DeviceId, DeviceSettings, PartId } from "#domain/device.ts";
import type { Outcome } from "#domain/outcome.ts";
import { createDrivers } from "#driver/registry.ts";
import type { Driver } from "#driver/contract.ts";
import { Engine } from "#engine/engine.ts";
import { systemClock } from "#platform/clock.ts";
import { openDatabase, type Database } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import type { SnmpObject } from "#simulator/snmp/agent.ts";
import { goodValue } from "#store/read.ts";
import { createStore, type Store } from "#store/store.ts";
import { readTable } from "../driver/profile-table.ts";
import type { SocketDriverOptions } from "./nut-socket-driver.ts";
import { until } from "./until.ts";

/** Drivers, engine, store and database as the program has them, on the real clock, without its publishers. */
export interface EngineRig extends AsyncDisposable {
  readonly engine: Engine;
  readonly store: Store;
  readonly database: Database;
  /** What was logged at info and above. */
  readonly lines: readonly string[];
  /** `options` as they stand in a configuration. */
  start(id: DeviceId, driver: string, options: Readonly<Record<string, unknown>>, settings?: Partial<DeviceSettings>): void;
  state(id: DeviceId): string | undefined;
  online(...ids: readonly DeviceId[]): Promise<void>;
  drive(device: DeviceId, part: PartId, name: CommandName, more?: Partial<Command>): Promise<Outcome>;
  /** The value that is known to hold now. */
  value(device: DeviceId, part: PartId, point: PointName): Value | undefined;
}

/** `dwell`: milliseconds that an outlet stays off in a cycle of the engine's own. */
export const startEngine = (dwell = 5000, database = openDatabase(":memory:", () => undefined)): EngineRig => {
  const lines: string[] = [];
  const store = createStore();
  const drivers = createDrivers(systemClock);
  const engine = new Engine({ store, database, clock: systemClock, log: createLog("info", (line) => lines.push(line)), dwell });
  const state = (id: DeviceId): string | undefined => store.device(id)?.connection.state;
  return {
    engine,
    store,
    database,
    lines,
    state,
    start: (id, name, options, settings = {}) => {
      const driver = drivers.get(name) as Driver | undefined;
      if (!driver) throw new Error(`no driver ${name}`);
      const given = { id, driver: name, fedBy: [], interval: 1, parts: {}, ...settings };
      engine.start({ settings: given, driver, options: driver.options.parse("url" in options ? options : { host: "127.0.0.1", ...options }) });
    },
    online: async (...ids) => void (await until(() => ids.every((id) => state(id) === "online"), `${ids.join(", ")} online`, 15_000)),
    drive: (device, part, name, more) => engine.bus.submit({ device, part, name, by: { via: "rest", key: "test" }, ...more }).outcome,
    value: (device, part, point) => goodValue(store.device(device)?.parts.get(part), point),
    [Symbol.asyncDispose]: async () => await engine[Symbol.asyncDispose](),
  };
};

/** The small AP8941 that its profile's table describes. */
export const pduObjects = (): readonly SnmpObject[] =>
  readTable(readFileSync(fileURLToPath(new URL("../../src/profile/apc-rack-pdu-2g/table.yaml", import.meta.url)), "utf8")).objects;

/** Columns of that table, to be followed by the outlet's number. */
export const pduColumns = {
  label: "1.3.6.1.4.1.318.1.1.26.9.2.3.1.3",
  state: "1.3.6.1.4.1.318.1.1.26.9.2.3.1.5",
  energy: "1.3.6.1.4.1.318.1.1.26.9.4.3.1.11",
} as const;

/** A UPS with one switched outlet that cannot cycle by itself. `obey` changes `outlet.1.status` or does not. */
export const upsWithOutlet = (obey: NonNullable<SocketDriverOptions["obey"]>): SocketDriverOptions => ({
  variables: { "ups.status": "OL", "ups.load": "12", "outlet.1.status": "on", "outlet.1.desc": "NAS" },
  commands: ["outlet.1.load.on", "outlet.1.load.off"],
  obey,
});

/** The login of `startUpsd` that may do all. */
export const nutAdmin = { username: "admin", password: "correct horse" } as const;
