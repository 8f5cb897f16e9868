import type { Repair } from "#domain/repair.ts";
import type { Clock } from "#platform/clock.ts";

/** Looks again and again whether what has to be repaired is another, but only while somebody wants to know. */
export interface RepairWatch {
  /** Tells the list now, and whenever it has changed. */
  subscribe(listener: (list: readonly Repair[]) => void): Disposable;
}

/**
 * Asks instead of being told: the list comes from many sources (store, broker, files, Home Assistant), none of which can forget to tell.
 * `every`: milliseconds.
 */
export const createRepairWatch = (repairs: () => readonly Repair[], clock: Clock, every: number): RepairWatch => {
  const listeners = new Set<(list: readonly Repair[]) => void>();
  let last = "";
  let timer: Disposable | undefined;
  const look = (): void => {
    const list = repairs();
    const text = JSON.stringify(list);
    if (text !== last) for (const listener of listeners) listener(list);
    last = text;
    timer = clock.after(every, look);
  };
  return {
    subscribe: (listener) => {
      const list = repairs();
      listener(list);
      if (listeners.size === 0) {
        last = JSON.stringify(list);
        timer = clock.after(every, look);
      }
      listeners.add(listener);
      return {
        [Symbol.dispose]: () => {
          listeners.delete(listener);
          if (listeners.size === 0) timer?.[Symbol.dispose]();
        },
      };
    },
  };
};
