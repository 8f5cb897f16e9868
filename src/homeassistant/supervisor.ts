import { isFault } from "#domain/fault.ts";
import { repair, type Repair } from "#domain/repair.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { SupervisorClient } from "#transport/homeassistant/supervisor-client.ts";

type Question<T> = (client: SupervisorClient, signal: AbortSignal) => Promise<T>;

/** The way to the Supervisor for all who need it: what goes wrong on it is said once, and shown until it goes well again. */
export interface Supervisor {
  /** One try. Throws what the client throws. `topic` tells one question from another: a good answer to the one settles nothing for the other. */
  ask<T>(topic: string, question: Question<T>, signal: AbortSignal): Promise<T>;
  /** Tries until there is an answer; rejects only when the signal is aborted. */
  insist<T>(topic: string, question: Question<T>, signal: AbortSignal): Promise<T>;
  repairs(): readonly Repair[];
}

/** Milliseconds between tries: doubling from the first to the last. */
const firstPause = 1_000;
const longestPause = 60_000;

export const watchSupervisor = (client: SupervisorClient, clock: Clock, log: Log): Supervisor => {
  /** What is wrong, by topic. When the Supervisor is away, all of them say the same. */
  const troubles = new Map<string, string>();
  /** Lines since all was well: two troubles that take turns for hours are two lines. */
  const told = new Set<string>();
  const details = (): readonly string[] => [...new Set(troubles.values())];
  const note = (topic: string, detail: string | undefined): void => {
    if (detail === undefined) troubles.delete(topic);
    else troubles.set(topic, detail);
    if (detail !== undefined && !told.has(detail)) {
      told.add(detail);
      log.warn(`${detail}; trying again`);
    }
    if (told.size > 0 && troubles.size === 0) {
      told.clear();
      log.info("the Supervisor answers as it should again");
    }
  };
  const ask = async <T>(topic: string, question: Question<T>, signal: AbortSignal): Promise<T> => {
    try {
      const answer = await question(client, signal);
      note(topic, undefined);
      return answer;
    } catch (error) {
      if (isFault(error) && !signal.aborted) note(topic, error.message);
      throw error;
    }
  };
  return {
    ask,
    insist: async (topic, question, signal) => {
      for (let attempt = 0; ; attempt++) {
        try {
          return await ask(topic, question, signal);
        } catch (error) {
          if (!isFault(error) || signal.aborted) throw error;
          await clock.sleep(Math.min(firstPause * 2 ** Math.min(attempt, 10), longestPause) * (0.5 + Math.random()), signal);
        }
      }
    },
    repairs: () => (troubles.size === 0 ? [] : [repair({ kind: "supervisor" }, details().join("; "))]),
  };
};
