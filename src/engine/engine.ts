import type { Description, DeviceId, DeviceSettings } from "#domain/device.ts";
import type { UpsEvents } from "#domain/ups-event.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database.ts";
import type { Log } from "#platform/log.ts";
import type { Repair } from "#domain/repair.ts";
import type { Connection } from "#store/read.ts";
import type { Store } from "#store/store.ts";
import { createAudit } from "./audit.ts";
import type { Bus } from "./bus.ts";
import { CommandBus } from "./command-bus.ts";
import { createComposedCycles, type ComposedCycles } from "./composed-cycle.ts";
import { createConfirmations } from "./confirmation.ts";
import { createDebts } from "./debt.ts";
import { Device, type DeviceEntry, type DeviceServices } from "./device.ts";
import { runDevice } from "./device-loop.ts";
import { createEnergyGate, type EnergyGate } from "./energy-gate.ts";
import { createIntake, type Intake } from "./intake.ts";
import { createLabels, type Labels } from "./label.ts";
import { EndpointQueue } from "./queue.ts";
import { deviceRepairs } from "./repair.ts";

export interface EngineOptions {
  readonly store: Store;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that an outlet stays off in a cycle of ours. */
  readonly dwell?: number;
}

interface Life {
  readonly device: Device;
  readonly ended: Promise<void>;
}

const usualDwell = 5000;
/** How long running commands may take when the program stops; the Supervisor kills after ten seconds. */
const stopGrace = 5000;

/** Runs the devices: one life each, one queue for each endpoint, one door for commands. */
export class Engine {
  readonly bus: Bus;
  readonly #options: EngineOptions;
  readonly #commands: CommandBus;
  readonly #cycles: ComposedCycles = createComposedCycles();
  readonly #labels: Labels;
  readonly #gate: EnergyGate;
  readonly #intake: Intake;
  readonly #lives = new Map<DeviceId, Life>();
  readonly #queues = new Map<string, EndpointQueue>();

  constructor(options: EngineOptions) {
    const { store, database, clock, log } = options;
    this.#options = options;
    this.#labels = createLabels(database);
    this.#gate = createEnergyGate(database, clock, log);
    this.#intake = createIntake({ store, database, clock, log, gate: this.#gate, settings: (id) => this.#lives.get(id)?.device.settings });
    this.#commands = new CommandBus({
      store,
      clock,
      log: log.child("commands"),
      audit: createAudit(database),
      debts: createDebts(database),
      labels: this.#labels,
      cycles: this.#cycles,
      confirmations: createConfirmations(clock),
      device: (id) => this.#lives.get(id)?.device,
      dwell: options.dwell ?? usualDwell,
    });
    this.bus = this.#commands;
  }

  /** What happens to UPSs. */
  get events(): UpsEvents {
    return this.#intake;
  }

  /** Makes the device known and lives its life from now on. Never waits for the device. */
  start(entry: DeviceEntry): void {
    const { clock, log } = this.#options;
    const { id } = entry.settings;
    this.#settle(entry.settings, { state: "connecting", since: clock.now() });
    const services = this.#deviceServices();
    const device = new Device(entry, this.#queueOf(entry), services);
    const ended = runDevice(device, services).catch((error: unknown) => log.child(id).error("its loop ended by an error of Rack Power's own", error));
    this.#lives.set(id, { device, ended });
  }

  /** Shows a device whose configuration is wrong; nothing is asked of it. */
  quarantine(settings: DeviceSettings, detail: string): void {
    const { clock, log } = this.#options;
    this.#settle(settings, { state: "quarantined", since: clock.now(), detail });
    log.child(settings.id).error(`quarantined: ${detail}`);
  }

  /** New names, locks or interval for a device that keeps its connection. */
  resettle(settings: DeviceSettings): void {
    const { store, clock } = this.#options;
    const life = this.#lives.get(settings.id);
    if (life) life.device.settings = settings;
    store.settle(settings, store.device(settings.id)?.connection ?? { state: "connecting", since: clock.now() });
  }

  /** Asks devices that are away now and not when their wait is over: somebody says that it is put right. */
  retry(): void {
    for (const [id, { device }] of this.#lives) if (this.#options.store.device(id)?.connection.state === "offline") device.wake();
  }

  /** What a person has to put right at devices. */
  repairs(): readonly Repair[] {
    return deviceRepairs(this.#options.store, this.#labels);
  }

  /** Ends the device's life; resolves when its connection is closed. */
  async stop(id: DeviceId): Promise<void> {
    const life = this.#lives.get(id);
    this.#lives.delete(id);
    life?.device.stop();
    await life?.ended;
    if (!this.#lives.has(id)) this.#intake.forget(id);
  }

  /** Ends the device's life and forgets it. */
  async remove(id: DeviceId): Promise<void> {
    await this.stop(id);
    this.#options.store.remove(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commands.stop(stopGrace);
    await Promise.all([...this.#lives.keys()].map((id) => this.stop(id)));
    this.#gate[Symbol.dispose]();
  }

  /** What an entry of the same id has left behind, perhaps of another host, is not shown as live. */
  #settle(settings: DeviceSettings, connection: Connection): void {
    const { store } = this.#options;
    store.settle(settings, connection);
    store.expire(settings.id, Number.POSITIVE_INFINITY);
  }

  #queueOf({ driver, options }: DeviceEntry): EndpointQueue {
    const key = `${driver.name} ${driver.endpoint(options)}`;
    const queue = this.#queues.get(key) ?? new EndpointQueue(driver.parallel);
    this.#queues.set(key, queue);
    return queue;
  }

  #deviceServices(): DeviceServices {
    const { store, clock, log, database } = this.#options;
    return {
      store,
      clock,
      log,
      intake: this.#intake,
      cache: {
        get: (device, key) => database.all<{ bytes: Uint8Array }>("select bytes from cache where device = ? and key = ?", device, key)[0]?.bytes,
        set: (device, key, value) => database.run("insert or replace into cache (device, key, bytes) values (?, ?, ?)", device, key, value),
      },
      describe: (device, description) => this.#describe(device, description),
      present: (id) => this.#commands.resume(id),
    };
  }

  #describe(device: DeviceId, description: Description): Description {
    for (const { part, accepted, now } of this.#labels.meet(device, description))
      this.#options.log.child(device).warn(`${part} was called "${accepted}" and is now "${now}": it is not switched until somebody accepts the new name`);
    return this.#intake.offer(device, this.#cycles.offer(device, description));
  }
}
