import { isQuarantined, type DeviceEntry, type GoodEntry } from "#config/configuration.ts";
import { freeId } from "#config/free-id.ts";
import type { DeviceId, DeviceSettings } from "#domain/device.ts";
import type { Driver } from "#driver/contract.ts";

type Options = Readonly<Record<string, unknown>>;

/** What names the one device that these options are about, where several are behind an address: `all` stands for every one. */
export const nameIn = ({ oneOf }: Driver<never>, options: unknown): string | undefined => {
  const name = oneOf === undefined ? undefined : (options as Options)[oneOf];
  return typeof name === "string" ? name : undefined;
};
export const standsForAll = (driver: Driver<never>, options: unknown): boolean => nameIn(driver, options) === "all";
/** The options for one of all. */
export const optionsOf = ({ oneOf = "" }: Driver<never>, options: unknown, name: string): unknown => ({ ...(options as Options), [oneOf]: name });

/** A device that no entry of its own tells, but one that stands for all of an address. */
export interface Member {
  readonly settings: DeviceSettings;
  /** Undefined while the entry is wrong. */
  readonly options: unknown;
  readonly driver: Driver<never>;
  readonly name: string;
}

/** The names of an entry's members, and the id that each has for ever. */
export type KnownMembers = ReadonlyMap<string, DeviceId>;

/** The names that have an entry of their own at the same address: what is said there is said of them. */
export const ownEntries = (entry: GoodEntry, driver: Driver<never>, entries: readonly DeviceEntry[]): ReadonlySet<string> => {
  const endpoint = driver.endpoint(entry.options as never);
  return new Set(
    entries.flatMap((other) => {
      if (isQuarantined(other) || other.settings.driver !== driver.name || driver.endpoint(other.options as never) !== endpoint) return [];
      return nameIn(driver, other.options) ?? [];
    }),
  );
};

/** An id for each name: the one that it has, unless an entry has taken it since; else one made of both names. */
export const withIds = (
  entry: DeviceId,
  names: Iterable<string>,
  known: KnownMembers,
  configured: ReadonlySet<DeviceId>,
  others: ReadonlySet<DeviceId>,
): KnownMembers => {
  const taken = new Set([...configured, ...others, ...known.values()]);
  return new Map(
    [...names].map((name): [string, DeviceId] => {
      const old = known.get(name);
      if (old !== undefined && !configured.has(old)) return [name, old];
      const id = freeId(`${entry}-${name}`, taken);
      taken.add(id);
      return [name, id];
    }),
  );
};

/** What is said of the entry is said of each of its members; a name that people gave it is followed by the member's own. */
export const memberSettings = (settings: DeviceSettings, id: DeviceId, name: string): DeviceSettings => ({
  ...settings,
  id,
  ...(settings.name !== undefined && { name: `${settings.name} ${name}` }),
});
