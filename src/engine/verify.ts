import type { Capability, PointName, Proof, Value } from "#domain/capability.ts";
import type { PartDescription, PartId, Reading, Wanted } from "#domain/device.ts";
import { isFault } from "#domain/fault.ts";
import { quantities } from "#domain/quantity.ts";
import type { Clock } from "#platform/clock.ts";

const pointOf = (capability: Capability, name: string): PointName => `${capability}.${name}` as PointName;

/** The points that a proof looks at. */
export const provingPoints = (capability: Capability, proof: Proof): readonly PointName[] => {
  switch (proof.kind) {
    case "becomes":
      return Object.keys(proof.values).map((name) => pointOf(capability, name));
    case "passes":
      return [...new Set(proof.steps.flatMap((step) => Object.keys(step)))].map((name) => pointOf(capability, name));
    case "changes":
      return [pointOf(capability, proof.point)];
    case "takes":
      return proof.points.map((name) => pointOf(capability, name));
    case "any":
      return [...new Set(proof.proofs.flatMap((one) => provingPoints(capability, one)))];
    case "nothing":
      return [];
  }
};

const nothing: Proof = { kind: "nothing" };

/**
 * What is left of a proof at a part that has not all of its points: it is judged by those that exist. `nothing` when none does; a
 * sequence of which a step could not be seen proves nothing either.
 */
export const provable = (capability: Capability, proof: Proof, points: readonly PointName[]): Proof => {
  const has = (name: string): boolean => points.includes(pointOf(capability, name));
  const left = (values: Readonly<Record<string, boolean | string>>): Record<string, boolean | string> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => has(name)));
  switch (proof.kind) {
    case "becomes": {
      const values = left(proof.values);
      return Object.keys(values).length > 0 ? { kind: "becomes", values } : nothing;
    }
    case "passes": {
      const steps = proof.steps.map(left);
      return steps.every((step) => Object.keys(step).length > 0) ? { kind: "passes", steps } : nothing;
    }
    case "changes":
      return has(proof.point) ? proof : nothing;
    case "takes": {
      const taking = proof.points.filter(has);
      return taking.length > 0 ? { kind: "takes", points: taking } : nothing;
    }
    case "any": {
      const proofs = proof.proofs.map((one) => provable(capability, one, points)).filter(({ kind }) => kind !== "nothing");
      return proofs.length > 0 ? { kind: "any", proofs } : nothing;
    }
    case "nothing":
      return nothing;
  }
};

const find = (readings: readonly Reading[], part: PartId, point: PointName): Value | undefined =>
  readings.find((one) => one.part === part && one.point === point)?.value;

/** True when the readings of a part show all these values. */
const shows = (readings: readonly Reading[], part: PartId, capability: Capability, values: Readonly<Record<string, Value>>): boolean =>
  Object.entries(values).every(([name, value]) => find(readings, part, pointOf(capability, name)) === value);

/** Half a step, or half of the last digit that such a number is shown with. */
const toleranceOf = (step: number | undefined): number => (step !== undefined && step > 0 ? step : 10 ** -quantities.plain.digits) / 2;

/** Whether a device that reads `read` has taken `given`. Texts may be padded with blanks, as devices with fields of fixed width do. */
const took = (read: Value | undefined, given: number | string | undefined, step: number | undefined): boolean => {
  if (given === undefined || (typeof read !== "number" && typeof read !== "string")) return false;
  if (typeof read === "number") return Math.abs(read - Number(given)) < toleranceOf(step);
  return read.trim() === String(given).trim();
};

/** What a proof is about: the part, and the value that came with the command. */
export interface Subject {
  readonly part: PartDescription;
  readonly capability: Capability;
  readonly value?: number | string | undefined;
}

const taken = (readings: readonly Reading[], { part, capability, value }: Subject, points: readonly string[]): boolean =>
  points.some((name) => took(find(readings, part.id, pointOf(capability, name)), value, part.limits?.step));

/** True when the device shows already what the command would bring about. Of `any` nobody can say: which of them would it be? */
export const holdsAlready = (proof: Proof, subject: Subject, readings: readonly Reading[]): boolean => {
  if (proof.kind === "becomes") return shows(readings, subject.part.id, subject.capability, proof.values);
  return proof.kind === "takes" && taken(readings, subject, proof.points);
};

type Witness = (readings: readonly Reading[]) => boolean;

const passing = (steps: readonly Readonly<Record<string, boolean | string>>[], { part, capability }: Subject, before: readonly Reading[]): Witness => {
  let step = 0;
  const see = (readings: readonly Reading[]): boolean => {
    while (step < steps.length && shows(readings, part.id, capability, steps[step] ?? {})) step++;
    return step === steps.length;
  };
  // What was off before needs no going off: a cycle of it ends when it is on.
  see(before);
  return see;
};

/** Watches readings go by, and says when the proof is complete. `before` is what was read ahead of the write. */
export const createWitness = (proof: Proof, subject: Subject, before: readonly Reading[]): Witness => {
  const { part, capability } = subject;
  switch (proof.kind) {
    case "becomes":
      return (readings) => shows(readings, part.id, capability, proof.values);
    case "passes":
      return passing(proof.steps, subject, before);
    case "changes": {
      const point = pointOf(capability, proof.point);
      const old = JSON.stringify(find(before, part.id, point));
      return (readings) => {
        const now = find(readings, part.id, point);
        return now !== undefined && JSON.stringify(now) !== old;
      };
    }
    case "takes":
      return (readings) => taken(readings, subject, proof.points);
    case "any": {
      const witnesses = proof.proofs.map((one) => createWitness(one, subject, before));
      // Every one of them has to see all readings: some wait for a second step.
      return (readings) => witnesses.map((see) => see(readings)).includes(true);
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
  witness: Witness,
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
