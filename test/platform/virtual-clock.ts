import type { Clock } from "#platform/clock.ts";

/**
 * A clock for tests whose time passes by itself whenever the program has nothing else to do: it jumps to the next timer once the
 * event loop has been idle for a few turns. Hours take milliseconds, and the order of events is that of real time.
 */
export interface VirtualClock extends Clock, Disposable {
  /** Steps the wall clock, as a time server would, without any time passing. */
  step(ms: number): void;
}

export const virtualClock = (start = Date.UTC(2026, 0, 1)): VirtualClock => {
  let time = 0;
  let offset = start;
  let running = true;
  const timers = new Set<{ due: number; act: () => void }>();
  let idle = 0;
  const turn = (): void => {
    if (!running) return;
    idle++;
    if (idle > 3 && timers.size > 0) {
      const next = [...timers].reduce((a, b) => (b.due < a.due ? b : a));
      timers.delete(next);
      time = Math.max(time, next.due);
      idle = 0;
      next.act();
    }
    setImmediate(turn);
  };
  setImmediate(turn);
  const after = (ms: number, act: () => void): Disposable => {
    const timer = { due: time + ms, act };
    timers.add(timer);
    idle = 0;
    return { [Symbol.dispose]: () => void timers.delete(timer) };
  };
  return {
    now: () => offset + time,
    monotonic: () => time,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const timer = after(ms, () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        });
        const stop = (): void => {
          timer[Symbol.dispose]();
          reject(signal?.reason as Error);
        };
        signal?.addEventListener("abort", stop, { once: true });
      }),
    step: (ms) => {
      offset += ms;
    },
    [Symbol.dispose]: () => {
      running = false;
    },
  };
};
