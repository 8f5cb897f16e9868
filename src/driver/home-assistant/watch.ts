import { isFault } from "#domain/fault.ts";
import type { Reading } from "#domain/device.ts";
import { abortable } from "#platform/abort.ts";
import { readPoint, type Live } from "./session.ts";

/** Wakes whoever waits for the next change. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring. */
  next(): Promise<void>;
}

export const createBell = (): Bell => {
  let waiting = Promise.withResolvers<void>();
  return {
    ring: () => {
      const before = waiting;
      waiting = Promise.withResolvers();
      before.resolve();
    },
    next: () => waiting.promise,
  };
};

/** What reads now. What cannot be read is left to the next poll, which says why. */
const everything = (live: Live): readonly Reading[] =>
  [...live.layout.values()].flatMap(({ id: part, sources }) =>
    [...sources.keys()].flatMap((point) => {
      try {
        return readPoint(live, { part, point }) ?? [];
      } catch (error) {
        if (isFault(error)) return [];
        throw error;
      }
    }),
  );

/** What changes, as Core tells it. Ends when the session is lost or the signal is aborted. */
export const watchChanges = async function* (live: Live, bell: Bell, signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
  const told = new Map<string, string>();
  const fresh = (): readonly Reading[] =>
    everything(live).filter(({ part, point, value }) => {
      const key = `${part} ${point}`;
      const text = JSON.stringify(value);
      const isNew = told.get(key) !== text;
      told.set(key, text);
      return isNew;
    });
  let next = bell.next();
  fresh();
  while (!signal.aborted && live.lost() === undefined) {
    await abortable(next, signal).catch(() => undefined);
    // Taken before it is looked: what rings while the listener is busy is heard afterwards.
    next = bell.next();
    const readings = fresh();
    if (readings.length > 0 && !signal.aborted) yield readings;
  }
};
