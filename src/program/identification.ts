import { draftEntry, showDraft, type Given, type NamedSecrets } from "#config/entry-draft.ts";
import { freeId } from "#config/free-id.ts";
import type { Identified } from "#domain/identified.ts";
import type { Driver } from "#driver/contract.ts";
import { askDevice } from "#engine/identify.ts";
import type { Log } from "#platform/log.ts";

export interface Identification {
  readonly host: string;
  readonly drivers: readonly (readonly [name: string, driver: Driver<never>])[];
  readonly given: readonly Given[];
  /** Ids that somebody has. */
  readonly taken: ReadonlySet<string>;
  readonly log: Log;
  /** Hears the secrets of each device that answered; they are in no answer. */
  readonly keep?: (entry: Readonly<Record<string, unknown>>, secrets: NamedSecrets) => void;
}

/** Asks a host what it is, by each of the drivers at the same time, and makes of each answer an entry for the configuration. */
export const identifyHost = ({ host, drivers, given, taken, log, keep }: Identification): Promise<readonly Identified[]> =>
  Promise.all(
    drivers.map(async ([name, driver]): Promise<Identified> => {
      const draft = draftEntry(name, driver, host, given);
      if ("lacking" in draft) return { driver: name, why: `not tried; it needs ${draft.lacking}` };
      const found = await askDevice(driver, draft.options, log);
      if ("why" in found) return { driver: name, why: found.why };
      const { secrets, ...shown } = showDraft(draft, freeId(found.description.model ?? host, taken));
      keep?.(shown.entry, secrets);
      return { driver: name, ...found, ...shown };
    }),
  );
