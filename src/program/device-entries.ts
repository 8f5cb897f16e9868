import { isQuarantined, type Configuration, type DeviceEntry } from "#config/configuration.ts";
import { same, type Differences } from "#config/differences.ts";
import { formatProblem } from "#config/problem.ts";
import type { Driver } from "#driver/contract.ts";
import type { Engine } from "#engine/engine.ts";

export type Drivers = ReadonlyMap<string, Driver<never>>;

/** Makes the device known, and runs it when its entry is good. */
export const startDevice = (engine: Engine, drivers: Drivers, entry: DeviceEntry): void => {
  const { settings } = entry;
  if (isQuarantined(entry)) {
    engine.quarantine(settings, entry.problems.map(formatProblem).join("; "));
    return;
  }
  const driver = drivers.get(settings.driver);
  if (!driver) throw new TypeError(`no driver ${settings.driver}, though the configuration was checked`);
  engine.start({ settings, driver, options: entry.options });
};

/** Names, locks and the like do not cost the connection. */
const changeDevice = async (engine: Engine, drivers: Drivers, before: DeviceEntry | undefined, entry: DeviceEntry): Promise<void> => {
  const { settings } = entry;
  if (before && !isQuarantined(before) && !isQuarantined(entry) && before.settings.driver === settings.driver && same(before.options, entry.options)) {
    engine.resettle(settings);
    return;
  }
  await engine.stop(settings.id);
  startDevice(engine, drivers, entry);
};

/** Makes of the running devices what the new configuration says. A device that did not change keeps its connection. */
export const changeDevices = async (engine: Engine, drivers: Drivers, old: Configuration, fresh: Configuration, what: Differences): Promise<void> => {
  const before = new Map(old.devices.map((entry) => [entry.settings.id, entry]));
  const among = (ids: readonly string[]): readonly DeviceEntry[] => fresh.devices.filter(({ settings }) => ids.includes(settings.id));
  await Promise.all(what.removed.map((id) => engine.remove(id)));
  await Promise.all(among(what.changed).map((entry) => changeDevice(engine, drivers, before.get(entry.settings.id), entry)));
  for (const entry of among(what.added)) startDevice(engine, drivers, entry);
};
