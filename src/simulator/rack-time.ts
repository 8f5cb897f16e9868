import type { Clock } from "#platform/clock.ts";
import type { Rack } from "./rack.ts";

const step = 1000;

/** Lets the rack's time go with the clock, a step each second, until the signal is aborted. Rejects never. */
export const passTime = async (rack: Pick<Rack, "tick">, clock: Clock, signal: AbortSignal): Promise<void> => {
  let last = clock.monotonic();
  while (!signal.aborted) {
    const woken = await clock.sleep(step, signal).then(
      () => true,
      () => false,
    );
    if (!woken) return;
    const now = clock.monotonic();
    rack.tick((now - last) / 1000);
    last = now;
  }
};
