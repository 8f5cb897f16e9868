import { addDevice } from "#config/edit.ts";
import { addressOption, type NamedSecrets } from "#config/entry-draft.ts";
import type { DeviceId } from "#domain/device.ts";
import type { Driver } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { ReloadResult, RestDependencies } from "#publish/rest/option.ts";
import { identifyHost } from "./identification.ts";

export interface SetupServices {
  /** The configuration file. */
  readonly file: string;
  readonly drivers: ReadonlyMap<string, Driver<never>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Ids of all devices, good and quarantined. */
  ids(): Iterable<DeviceId>;
  hide(secret: string): void;
  reload(): Promise<ReloadResult>;
}

type Entry = Readonly<Record<string, unknown>>;

/** Secrets that were typed to ask a device wait here until it is added: so they are in no answer and on no page. */
const patience = 600_000;
const mostRemembered = 200;

const createMemory = (clock: Clock): { keep(entry: Entry, secrets: NamedSecrets): void; find(entry: Entry, name: string): string | undefined } => {
  const known = new Map<string, { readonly text: string; readonly until: number }>();
  // Two devices may be tried under the same name, such as that of their model.
  const keyOf = ({ driver, ...entry }: Entry, name: string): string => JSON.stringify([driver, addressOption(entry), name]);
  return {
    keep: (entry, secrets) => {
      const now = clock.monotonic();
      for (const [key, { until }] of known) if (until < now || known.size > mostRemembered) known.delete(key);
      for (const [name, text] of secrets) known.set(keyOf(entry, name), { text, until: now + patience });
    },
    find: (entry, name) => {
      const found = known.get(keyOf(entry, name));
      return found && found.until >= clock.monotonic() ? found.text : undefined;
    },
  };
};

/** How a device gets into the configuration: asked what it is, written down, started. */
export const createSetup = (services: SetupServices): Required<Pick<RestDependencies, "identify" | "addDevice" | "drivers">> => {
  const { file, drivers, environment, clock, log, ids, hide, reload } = services;
  const memory = createMemory(clock);
  let turn: Promise<unknown> = Promise.resolve();
  const add = async (id: DeviceId, entry: Entry): ReturnType<typeof addDevice> => {
    const result = await addDevice(file, id, entry, { drivers, environment, remembered: (of, name) => memory.find(of, name) });
    if (result.ok) {
      log.info(`${id} was added to ${file}`);
      await reload();
    }
    return result;
  };
  return {
    drivers: [...drivers.keys()],
    identify: async ({ host, driver, options = {} }) => {
      const chosen = driver === undefined ? [...drivers] : [...drivers].filter(([name]) => name === driver);
      if (driver !== undefined && chosen.length === 0) return [{ driver, why: `there is no such driver; expected ${[...drivers.keys()].join(", ")}` }];
      const given = Object.entries(options).map(([key, value]) => ({ path: key.split("."), value }));
      const keep = (entry: Entry, secrets: NamedSecrets): void => {
        for (const secret of secrets.values()) hide(secret);
        memory.keep(entry, secrets);
      };
      return identifyHost({ host, drivers: chosen, given, taken: new Set(ids()), log, keep });
    },
    // One after the other: each begins with the file as the one before left it.
    addDevice: (id, entry) => {
      const next = turn.then(() => add(id, entry));
      turn = next.catch(() => undefined);
      return next;
    },
  };
};
