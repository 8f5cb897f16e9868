import type { DeviceId } from "#domain/device.ts";
import type { Clock } from "#platform/clock.ts";
import { goodValue, type StoreReader } from "#store/read.ts";

/** Which UPSs a primary has announced to be cut off. */
export interface ForcedShutdowns extends Disposable {
  announce(id: DeviceId): void;
  has(id: DeviceId): boolean;
}

/**
 * Milliseconds on line after which the announcement is over. upsd keeps it until it is started again, so that hosts which come back read it and go
 * down once more, for ever (networkupstools/nut#3220, siderolabs/extensions#1084); a secondary looks every few seconds.
 */
const lasting = 120_000;

/** An announcement lasts until the UPS has been on line for two minutes since, and not beyond the program's own end. */
export const createForcedShutdowns = (store: StoreReader, clock: Clock): ForcedShutdowns => {
  /** Since when each has been on line; undefined while it is not. */
  const announced = new Map<DeviceId, number | undefined>();
  const look = (id: DeviceId): void => {
    const state = store.device(id);
    const words = state?.connection.state === "online" ? (goodValue(state.parts.get("ups"), "ups.status") ?? []) : [];
    const online = words.includes("OL") && !words.includes("OB");
    announced.set(id, online ? (announced.get(id) ?? clock.monotonic()) : undefined);
  };
  const changes = store.subscribe(({ kind, device }) => {
    if (!announced.has(device)) return;
    if (kind === "removed") announced.delete(device);
    else look(device);
  });
  return {
    announce: (id) => {
      announced.set(id, undefined);
      look(id);
    },
    has: (id) => {
      const since = announced.get(id);
      if (since !== undefined && clock.monotonic() - since >= lasting) announced.delete(id);
      return announced.has(id);
    },
    [Symbol.dispose]: () => changes[Symbol.dispose](),
  };
};
