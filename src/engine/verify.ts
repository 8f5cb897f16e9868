import type { Capability, PointName, Proof, Value } from "#domain/capability.ts";
import type { PartId, Reading, Wanted } from "#domain/device.ts";
import { isFault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";

/** The points that a proof looks at. */
export const provingPoints = (capability: Capability, proof: Proof): readonly PointName[] => {
  switch (proof.kind) {
    case "becomes":
      return Object.keys(proof.values).map((name) => `${capability}.${name}` as PointName);
    case "passes":
      return [...new Set(proof.steps.flatMap((step) => Object.keys(step)))].map((name) => `${capability}.${name}` as PointName);
    case "changes":
      return [`${capability}.${proof.point}` as PointName];
    case "nothing":
      return [];
  }
};

const find = (readings: readonly Reading[], part: PartId, point: PointName): Value | undefined =>
  readings.find((one) => one.part === part && one.point === point)?.value;

/** True when the readings of a part show all these values. */
export const shows = (readings: readonly Reading[], part: PartId, capability: Capability, values: Readonly<Record<string, Value>>): boolean =>
  Object.entries(values).every(([name, value]) => find(readings, part, `${capability}.${name}` as PointName) === value);

/** Watches readings go by, and says when the proof is complete. `before` is what was read ahead of the write. */
export const createWitness = (part: PartId, capability: Capability, proof: Proof, before: readonly Reading[]): ((readings: readonly Reading[]) => boolean) => {
  switch (proof.kind) {
    case "becomes":
      return (readings) => shows(readings, part, capability, proof.values);
    case "passes": {
      let step = 0;
      const see = (readings: readonly Reading[]): boolean => {
        while (step < proof.steps.length && shows(readings, part, capability, proof.steps[step] ?? {})) step++;
        return step === proof.steps.length;
      };
      // What was off before needs no going off: a cycle of it ends when it is on.
      see(before);
      return see;
    }
    case "changes": {
      const point = `${capability}.${proof.point}` as PointName;
      const old = JSON.stringify(find(before, part, point));
      return (readings) => {
        const now = find(readings, part, point);
        return now !== undefined && JSON.stringify(now) !== old;
      };
    }
    case "nothing":
      return () => false;
  }
};

/** Milliseconds between looks: quick at first, as most outlets obey within a moment, then sparing for what takes minutes. */
const pause = (elapsed: number): number => (elapsed < 500 ? 50 : elapsed < 10_000 ? 250 : 2000);

/**
 * Reads until the witness is satisfied or the time is over. A device that does not answer meanwhile, such as a BMC whose network
 * port restarts with the host, is asked again. Resolves to true when the proof is complete.
 */
export const verify = async (
  witness: (readings: readonly Reading[]) => boolean,
  read: (wanted: readonly Wanted[]) => Promise<readonly Reading[]>,
  wanted: readonly Wanted[],
  within: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> => {
  const start = clock.monotonic();
  for (;;) {
    try {
      if (witness(await read(wanted))) return true;
    } catch (error) {
      if (!isFault(error)) throw error;
    }
    const elapsed = clock.monotonic() - start;
    if (elapsed >= within * 1000 || signal.aborted) return false;
    await clock.sleep(Math.min(pause(elapsed), within * 1000 - elapsed), signal).catch(() => undefined);
  }
};
