import type { DeviceId } from "#domain/device.ts";
import { Secret } from "#domain/secret.ts";
import type { Configuration } from "./configuration.ts";

export interface Differences {
  readonly added: readonly DeviceId[];
  readonly removed: readonly DeviceId[];
  /** In settings, options, or in what is wrong with them. */
  readonly changed: readonly DeviceId[];
  readonly unchanged: readonly DeviceId[];
  /** Other parts of the file. */
  readonly sections: readonly ("mqtt" | "rest" | "compat" | "nutServer" | "data" | "log")[];
}

/** Equal through and through; secrets by their texts. */
export const same = (one: unknown, other: unknown): boolean => {
  if (one instanceof Secret || other instanceof Secret) return one instanceof Secret && other instanceof Secret && one.reveal() === other.reveal();
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return Object.is(one, other);
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && same(one[key as never], other[key as never]));
};

/** What a newly read configuration changes. An unchanged device keeps its connection. */
export const differences = (old: Configuration, fresh: Configuration): Differences => {
  const before = new Map(old.devices.map((device) => [device.settings.id, device]));
  const now = new Map(fresh.devices.map((device) => [device.settings.id, device]));
  const stayed = [...now.keys()].filter((id) => before.has(id));
  return {
    added: [...now.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !now.has(id)),
    changed: stayed.filter((id) => !same(before.get(id), now.get(id))),
    unchanged: stayed.filter((id) => same(before.get(id), now.get(id))),
    sections: (["mqtt", "rest", "compat", "nutServer", "data", "log"] as const).filter((section) => !same(old[section], fresh[section])),
  };
};
