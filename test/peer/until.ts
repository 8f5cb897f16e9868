import { setTimeout as sleep } from "node:timers/promises";

/**
 * Polls `condition` until it gives something other than false, null or undefined, and returns that. An exception counts as "not yet".
 * After `ms` it throws, naming `what` and the last exception.
 */
export const until = async <T>(condition: () => T | Promise<T>, what: string, ms = 15_000): Promise<Exclude<T, false | null | undefined>> => {
  const end = performance.now() + ms;
  let last: unknown;
  for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value as Exclude<T, false | null | undefined>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= end) throw new Error(`not within ${ms} ms: ${what}`, last === undefined ? undefined : { cause: last });
    await sleep(pause);
  }
};
