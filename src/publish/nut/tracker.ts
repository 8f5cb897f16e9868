import type { ErrorWord, Result } from "./word.ts";

/** What became of commands, for who asks later. */
export interface Tracker {
  /** Gives the id to ask by. */
  follow(work: Promise<Result>): string;
  /** `PENDING`, `SUCCESS` or an error; undefined for an id that is not known. */
  state(id: string): string | undefined;
}

/** The three failures that `GET TRACKING` knows (NUT's docs/net-protocol.txt). */
const failures: Partial<Record<ErrorWord, ErrorWord>> = {
  "CMD-NOT-SUPPORTED": "UNKNOWN",
  "VAR-NOT-SUPPORTED": "UNKNOWN",
  "INVALID-ARGUMENT": "INVALID-ARGUMENT",
  "INVALID-VALUE": "INVALID-ARGUMENT",
  "TOO-LONG": "INVALID-ARGUMENT",
};

/** `most`: so many are remembered. */
export const createTracker = (most: number): Tracker => {
  const states = new Map<string, string>();
  return {
    follow: (work) => {
      const id = crypto.randomUUID().toUpperCase();
      states.set(id, "PENDING");
      const [oldest] = states.keys();
      if (states.size > most && oldest !== undefined) states.delete(oldest);
      void work.then((result) => {
        if (states.has(id)) states.set(id, result === "done" ? "SUCCESS" : `ERR ${failures[result] ?? "FAILED"}`);
      });
      return id;
    },
    state: (id) => states.get(id),
  };
};
