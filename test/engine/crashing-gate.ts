import { createEnergyGate, type EnergyGate } from "#engine/energy-gate.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";

/** Makes the gate, and at each further call the next one after a crash: it knows what the disk knows, and what is gone takes its timers with it. */
export const crashingGate = (database: Database, clock: Clock): (() => EnergyGate) => {
  let alive = { now: true };
  return () => {
    alive.now = false;
    const mine = (alive = { now: true });
    const after: Clock["after"] = (ms, act) => clock.after(ms, () => (mine.now ? act() : undefined));
    return createEnergyGate(
      database,
      { ...clock, after },
      createLog("error", () => undefined),
    );
  };
};
