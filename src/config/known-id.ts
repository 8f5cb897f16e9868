import type { DeviceId } from "#domain/device.ts";
import type { Drivers } from "./editor-schema.ts";

/** Ids that the file may name: those of its entries, and whatever begins with one that stands for all devices of an address, as only their server knows those. */
export interface KnownIds extends Iterable<DeviceId> {
  has(id: DeviceId): boolean;
}

/** `devices`: the entries as they stand in the file. */
export const knownIds = (devices: Readonly<Record<string, unknown>>, drivers: Drivers): KnownIds => {
  const ids = new Set(Object.keys(devices));
  const families = Object.entries(devices).flatMap(([id, entry]) => {
    const { driver, ...options } = (typeof entry === "object" && entry !== null ? entry : {}) as Readonly<Record<string, unknown>>;
    const oneOf = typeof driver === "string" ? drivers.get(driver)?.oneOf : undefined;
    return oneOf !== undefined && options[oneOf] === "all" ? [`${id}-`] : [];
  });
  return {
    has: (id) => ids.has(id) || families.some((family) => id.length > family.length && id.startsWith(family)),
    [Symbol.iterator]: () => ids.values(),
  };
};
