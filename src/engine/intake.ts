import type { Description, DeviceId, DeviceSettings, Reading } from "#domain/device.ts";
import type { UpsEvent, UpsEvents } from "#domain/ups-event.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database.ts";
import type { Log } from "#platform/log.ts";
import { goodValue } from "#store/read.ts";
import type { Store } from "#store/store.ts";
import { DeviceDerivation } from "./derive/device-derivation.ts";
import { createLastTransfers } from "./derive/last-transfer.ts";
import type { EnergyGate } from "./energy-gate.ts";

/** The only way for readings into the store: counters pass the gate, what the device does not give is worked out, and what happens to UPSs is told. */
export interface Intake extends UpsEvents {
  /** Adds what can be worked out to a description that has just come. */
  offer(device: DeviceId, description: Description): Description;
  take(device: DeviceId, readings: readonly Reading[]): void;
  /** The device is away. */
  lose(device: DeviceId): void;
  /** Its life is over. */
  forget(device: DeviceId): void;
}

export interface IntakeServices {
  readonly store: Store;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: EnergyGate;
  settings(device: DeviceId): DeviceSettings | undefined;
}

/** Seconds on battery that are no more than a flicker, unless the entry of the device says otherwise. */
export const usualFlicker = 5;

export const createIntake = ({ store, database, clock, log, gate, settings }: IntakeServices): Intake => {
  const transfers = createLastTransfers(database, log);
  const derivations = new Map<DeviceId, DeviceDerivation>();
  const listeners = new Set<(event: UpsEvent) => void>();
  const waiting: UpsEvent[] = [];
  const tell = (): void => {
    for (const event of waiting.splice(0)) {
      const { device, part, type, lasted } = event;
      log.child(device).info(`${part}: ${type}${lasted === undefined ? "" : ` after ${lasted} s`}`);
      for (const listener of listeners) listener(event);
    }
  };
  const derivationOf = (device: DeviceId): DeviceDerivation => {
    const known = derivations.get(device);
    if (known) return known;
    const derivation = new DeviceDerivation(device, {
      clock,
      gate,
      transfers,
      interval: () => settings(device)?.interval ?? 0,
      flicker: () => settings(device)?.onBatteryAfter ?? usualFlicker,
      tell: (event) => void waiting.push(event),
      fresh: (part) => goodValue(store.device(device)?.parts.get(part), "ups.onBattery") === true,
      put: (readings, read) => {
        store.put(device, readings, clock.now(), read);
        tell();
      },
    });
    derivations.set(device, derivation);
    return derivation;
  };
  return {
    offer: (device, description) => derivationOf(device).offer(description),
    take: (device, readings) => {
      const read = clock.monotonic();
      const passed = gate.pass(device, readings);
      const derived = derivations.get(device)?.take(passed, read);
      store.put(device, derived && derived.readings.length > 0 ? [...passed, ...derived.readings] : passed, clock.now(), read);
      if (derived?.silent) store.expire(device, read, derived.silent);
      if (waiting.length > 0) tell();
    },
    lose: (device) => {
      derivations.get(device)?.lose();
      tell();
    },
    forget: (device) => {
      derivations.get(device)?.[Symbol.dispose]();
      derivations.delete(device);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
};
