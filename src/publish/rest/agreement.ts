import { isFault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { AtHomeAssistant } from "./option.ts";
import type { PageSource, ToAgree } from "./page-source.ts";

/** A page waits so many milliseconds for Home Assistant; what comes later is shown later. */
const patience = 1_000;
const nothing: ToAgree = { energy: [], orphans: [] };

/** What Home Assistant could be given or relieved of, for a page that must not wait for it. */
export const createAgreement = (
  home: AtHomeAssistant | undefined,
  clock: Clock,
  log: Log,
): Pick<PageSource, "toAgree"> & Partial<Pick<PageSource, "addEnergy" | "removeOrphans">> => {
  if (!home) return { toAgree: async () => nothing };
  let known = nothing;
  let asking: Promise<void> | undefined;
  /** Of what was asked before something was done, the answer is old. */
  let deeds = 0;
  const ask = async (): Promise<void> => {
    const before = deeds;
    let found = nothing;
    try {
      found = { energy: await home.energy(), orphans: (await home.orphans()) ?? [] };
    } catch (error) {
      if (!isFault(error)) throw error;
      log.debug("Home Assistant did not tell what could be done there", error);
    }
    if (before === deeds) known = found;
  };
  const begin = (): Promise<void> => {
    const mine = ask()
      .catch((error: unknown) => log.error("asking Home Assistant what could be done there went wrong", error))
      .finally(() => {
        if (asking === mine) asking = undefined;
      });
    return mine;
  };
  const act = async (work: Promise<readonly unknown[] | undefined>): Promise<number> => {
    try {
      return (await work)?.length ?? 0;
    } finally {
      deeds++;
      [known, asking] = [nothing, undefined];
    }
  };
  return {
    toAgree: async (now) => {
      if (!now) return known;
      asking ??= begin();
      const late = Promise.withResolvers<void>();
      using _timer = clock.after(patience, late.resolve);
      await Promise.race([asking, late.promise]);
      return known;
    },
    addEnergy: (agreed) => act(home.addEnergy(agreed)),
    removeOrphans: (agreed) => act(home.removeOrphans(agreed)),
  };
};
