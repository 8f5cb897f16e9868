import { draftEntry, showDraft, type Draft, type Given, type NamedSecrets } from "#config/entry-draft.ts";
import { freeId } from "#config/free-id.ts";
import type { Identified } from "#domain/identified.ts";
import type { Driver } from "#driver/contract.ts";
import { askDevice } from "#engine/identify.ts";
import type { Log } from "#platform/log.ts";
import { optionsOf, standsForAll } from "./member.ts";

/** A person who asks one host wants to see what it has, and not a page without end. */
const mostMembers = 50;

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

/** Only for the keys that are lacking: what stands for all devices behind the address. */
const draftOf = (name: string, driver: Driver<never>, host: string, given: readonly Given[]): ReturnType<typeof draftEntry> => {
  const draft = draftEntry(name, driver, host, given);
  if (!("lacking" in draft) || driver.oneOf === undefined || given.some(({ path }) => path[0] === driver.oneOf)) return draft;
  const ofAll = draftEntry(name, driver, host, [...given, { path: [driver.oneOf], value: "all" }]);
  return "lacking" in ofAll ? draft : ofAll;
};

/** One draft for each device behind an address. */
const draftsOf = (driver: Driver<never>, draft: Draft, names: readonly string[]): readonly Draft[] =>
  names.map((name) => ({ ...draft, options: optionsOf(driver, draft.options, name), raw: { ...draft.raw, [driver.oneOf ?? ""]: name } }));

/** Asks a host what it is, by each of the drivers at the same time, and makes of each answer an entry for the configuration: of each device, where several are behind the address. */
export const identifyHost = async ({ host, drivers, given, taken, log, keep }: Identification): Promise<readonly Identified[]> => {
  const ids = new Set(taken);
  const answered = async (name: string, driver: Driver<never>, draft: Draft): Promise<Identified> => {
    const found = await askDevice(driver, draft.options, log);
    if ("why" in found) return { driver: name, why: found.why };
    const called = driver.oneOf === undefined ? undefined : draft.raw[driver.oneOf];
    const { secrets, ...shown } = showDraft(draft, freeId(found.description.model ?? (typeof called === "string" ? called : host), ids));
    ids.add(shown.id);
    keep?.(shown.entry, secrets);
    return { driver: name, ...found, ...shown };
  };
  const found = drivers.map(async ([name, driver]): Promise<readonly Identified[]> => {
    const draft = draftOf(name, driver, host, given);
    if ("lacking" in draft) return [{ driver: name, why: `not tried; it needs ${draft.lacking}` }];
    if (!standsForAll(driver, draft.options)) return [await answered(name, driver, draft)];
    const whole = await askDevice(driver, draft.options, log);
    if ("why" in whole) return [{ driver: name, why: whole.why }];
    const { members = [] } = whole.description;
    if (members.length === 0) return [{ driver: name, why: "it is there, and has no devices" }];
    return await Promise.all(draftsOf(driver, draft, members.slice(0, mostMembers)).map((one) => answered(name, driver, one)));
  });
  return (await Promise.all(found)).flat();
};
