import type { PointName, Value, ValueOf } from "#domain/capability.ts";
import type { Description, DeviceId, DeviceSettings, PartDescription, PartId } from "#domain/device.ts";
import type { FaultKind } from "#domain/fault.ts";

/** A value with the time it was read, in milliseconds since 1970. `stale` is kept for people to see and is never shown as live. */
export interface Entry<V extends Value = Value> {
  readonly value: V;
  readonly at: number;
  readonly quality: "good" | "stale";
}

/**
 * - `connecting`: not reached since the start
 * - `online`: answers
 * - `offline`: does not answer, or refuses us; `fault` says how
 * - `quarantined`: its entry in the configuration is wrong; `detail` says where
 */
export interface Connection {
  readonly state: "connecting" | "online" | "offline" | "quarantined";
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly fault?: FaultKind;
  readonly detail?: string;
}

export interface PartState {
  readonly id: PartId;
  readonly description: PartDescription;
  readonly entries: ReadonlyMap<PointName, Entry>;
}

/** One device at one moment. Never changes; ask again for a newer one. */
export interface DeviceState {
  readonly id: DeviceId;
  readonly settings: DeviceSettings;
  readonly connection: Connection;
  /** Absent until the device has been described once. */
  readonly description?: Description;
  readonly parts: ReadonlyMap<PartId, PartState>;
}

/** One call per poll and part, with the points whose value or quality changed. */
export type Change =
  | { readonly kind: "readings"; readonly device: DeviceId; readonly part: PartId; readonly points: readonly PointName[] }
  | { readonly kind: "connection"; readonly device: DeviceId }
  /** Settings or description are new: what the device is made of may differ. */
  | { readonly kind: "shape"; readonly device: DeviceId }
  | { readonly kind: "removed"; readonly device: DeviceId };

export interface StoreReader {
  device(id: DeviceId): DeviceState | undefined;
  devices(): readonly DeviceState[];
  /** The listener is called right after each change, before the writer goes on; it must be quick and must not throw. */
  subscribe(listener: (change: Change) => void): Disposable;
}

/** The value, only when it is good: what was read and still holds. */
export const goodValue = <P extends PointName>(part: PartState | undefined, point: P): ValueOf<P> | undefined => {
  const entry = part?.entries.get(point);
  return entry?.quality === "good" ? (entry.value as ValueOf<P>) : undefined;
};

/** The name a person sees for the device. */
export const deviceName = (state: Pick<DeviceState, "id" | "settings">): string => state.settings.name ?? state.id;
