import { setImmediate as turn } from "node:timers/promises";

import type { Clock } from "#platform/clock.ts";

export interface HandClock extends Clock {
  /** Lets so many milliseconds pass; what falls due acts in its order. */
  advance(ms: number): Promise<void>;
  /** Milliseconds until something falls due; infinite when nothing does. */
  readonly due: number;
}

/** A clock for tests with real sockets: it stands still until the test moves it, so that no answer on its way is late. */
export const handClock = (): HandClock => {
  let time = 0;
  const timers = new Set<{ readonly due: number; readonly act: () => void }>();
  const after = (ms: number, act: () => void): Disposable => {
    const timer = { due: time + ms, act };
    timers.add(timer);
    return { [Symbol.dispose]: () => void timers.delete(timer) };
  };
  return {
    now: () => Date.UTC(2026, 0, 1) + time,
    monotonic: () => time,
    after,
    get due() {
      return Math.min(...[...timers].map(({ due }) => due - time));
    },
    sleep: (ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = after(ms, resolve);
      signal?.addEventListener("abort", () => (timer[Symbol.dispose](), reject(signal.reason as Error)), { once: true });
      if (signal?.aborted) reject(signal.reason as Error);
      return promise;
    },
    advance: async (ms) => {
      const end = time + ms;
      for (;;) {
        await turn();
        const next = [...timers].toSorted((a, b) => a.due - b.due)[0];
        if (next === undefined || next.due > end) break;
        timers.delete(next);
        time = next.due;
        next.act();
      }
      time = end;
      await turn();
    },
  };
};
