import type { Clock } from "#platform/clock.ts";

/** Somebody who waits for an answer. */
export interface Waiting {
  /** By the clock's `monotonic`. */
  due: number;
  /** It is due, and no longer in the list. */
  late(): void;
}

/** Many who wait, with one timer: nearly all are answered long before, and to begin and to end a wait costs next to nothing. */
export interface Deadlines {
  add(waiting: Waiting): void;
  delete(waiting: Waiting): void;
  /** Without anybody who waits, the timer is not kept either. For those who leave. */
  settle(): void;
}

export const createDeadlines = (clock: Clock): Deadlines => {
  const all = new Set<Waiting>();
  let timer: Disposable | undefined;
  let next = Number.POSITIVE_INFINITY;
  const stop = (): void => {
    timer?.[Symbol.dispose]();
    timer = undefined;
    next = Number.POSITIVE_INFINITY;
  };
  const wakeAt = (due: number): void => {
    stop();
    next = due;
    timer = clock.after(Math.max(1, Math.ceil(due - clock.monotonic())), look);
  };
  const look = (): void => {
    stop();
    const now = clock.monotonic();
    for (const waiting of all) {
      if (waiting.due > now || !all.delete(waiting)) continue;
      waiting.late();
    }
    let first = Number.POSITIVE_INFINITY;
    for (const { due } of all) first = Math.min(first, due);
    if (first < next) wakeAt(first);
  };
  return {
    add: (waiting) => {
      all.add(waiting);
      if (waiting.due < next) wakeAt(waiting.due);
    },
    delete: (waiting) => void all.delete(waiting),
    settle: () => {
      if (all.size === 0) stop();
    },
  };
};
