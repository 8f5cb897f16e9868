import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import type { NutConnection } from "#transport/nut/connection.ts";
import { trackingState } from "#transport/nut/question.ts";

/** Milliseconds: first pause between two questions, longest pause, and how long a driver may think. */
const firstPause = 20;
const longestPause = 250;
const longestThought = 10_000;

/**
 * Asks what became of a command until the driver has said. Throws `Fault`, always marked as after the write: rejected when the
 * driver says that it failed, timeout when it says nothing.
 */
export const follow = async (clock: Clock, link: NutConnection, id: string, signal: AbortSignal): Promise<void> => {
  const until = clock.monotonic() + longestThought;
  try {
    for (let pause = firstPause; (await link.ask(trackingState(id), { signal })) === "PENDING"; pause = Math.min(2 * pause, longestPause)) {
      if (clock.monotonic() >= until) throw new Fault("timeout", "The driver of the UPS took the command and has not said what became of it");
      await clock.sleep(pause, signal);
    }
  } catch (error) {
    if (isFault(error)) throw afterWrite(error);
    throw new Fault("timeout", "The driver of the UPS had not said what became of the command when the wait ended", { cause: error, written: true });
  }
};
