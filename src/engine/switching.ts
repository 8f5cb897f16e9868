import { capabilityOf, commandSpec, type CommandName } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { PartDescription, PartId, Reading, Wanted } from "#domain/device.ts";
import { isFault, type Fault } from "#domain/fault.ts";
import type { Verdict } from "#domain/outcome.ts";
import type { Clock } from "#platform/clock.ts";
import type { Device } from "./device.ts";
import { createWitness, provingPoints, shows, verify } from "./verify.ts";

/** A verdict with what a person should read, and how many writes left. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly detail: string;
  readonly writes: number;
}

const plans = new WeakMap<PartDescription, Map<CommandName, readonly Wanted[]>>();

/** What is read before a command and while it is verified: its proof, and what could forbid it. The same array each time. */
export const watched = (part: PartDescription, name: CommandName): readonly Wanted[] => {
  const known = plans.get(part) ?? new Map<CommandName, readonly Wanted[]>();
  plans.set(part, known);
  const found = known.get(name);
  if (found) return found;
  const points = new Set([...provingPoints(capabilityOf(name), commandSpec(name).proof), "outlet.label" as const, "outlet.pending" as const]);
  const made = [...points].filter((point) => part.points.includes(point)).map((point) => ({ part: part.id, point }));
  known.set(name, made);
  return made;
};

export const labelIn = (readings: readonly Reading[], part: PartId): string | undefined =>
  readings.find((one) => one.part === part && one.point === "outlet.label")?.value as string | undefined;
export const pendingIn = (readings: readonly Reading[], part: PartId): boolean =>
  readings.some((one) => one.part === part && one.point === "outlet.pending" && one.value === true);

/** True when the device shows already what the command would bring about. */
export const alreadySo = (name: CommandName, part: PartId, readings: readonly Reading[]): boolean => {
  const { proof } = commandSpec(name);
  return proof.kind === "becomes" && shows(readings, part, capabilityOf(name), proof.values);
};

/** How long to look for the effect of a write that the device refused or that may not have left, in seconds: some act all the same. */
const doubtfulWithin = 2;

const say = (name: CommandName, seconds: number, signal: AbortSignal): string =>
  signal.aborted && isFault(signal.reason)
    ? `${name} was sent, and before the device had shown it the wait ended: ${signal.reason.message}`
    : `${name} was sent, and the device does not show it after ${seconds} s`;

/** The write, once, and then the device's own word. `before` is what was read just ahead. Only faults that are not `Fault` are thrown. */
export const switchOnce = async (
  device: Device,
  part: PartDescription,
  command: Command,
  before: readonly Reading[],
  clock: Clock,
  signal: AbortSignal,
): Promise<Judgement> => {
  const { proof, within } = commandSpec(command.name);
  let fault: Fault | undefined;
  try {
    await device.execute(command, signal);
  } catch (error) {
    if (!isFault(error)) throw error;
    if (!error.written) return { verdict: { state: "failed", fault: error.kind }, detail: error.message, writes: 0 };
    fault = error;
  }
  const wanted = watched(part, command.name);
  if (proof.kind === "nothing" || wanted.length === 0) return withoutProof(command.name, fault);
  const witness = createWitness(part.id, capabilityOf(command.name), proof, before);
  const patience = fault && fault.kind !== "timeout" && fault.kind !== "unreachable" ? Math.min(doubtfulWithin, within) : within;
  if (await verify(witness, (what) => device.read(what, "verify", signal), wanted, patience, clock, signal))
    return { verdict: { state: "confirmed" }, detail: fault ? `done, although the device answered: ${fault.message}` : "done", writes: 1 };
  if (fault && patience !== within) return { verdict: { state: "failed", fault: fault.kind }, detail: fault.message, writes: 1 };
  return { verdict: { state: "unconfirmed", ...(fault && { fault: fault.kind }) }, detail: say(command.name, patience, signal), writes: 1 };
};

const withoutProof = (name: CommandName, fault: Fault | undefined): Judgement => {
  if (fault && fault.kind !== "timeout" && fault.kind !== "unreachable")
    return { verdict: { state: "failed", fault: fault.kind }, detail: fault.message, writes: 1 };
  const detail = fault
    ? `${name} was sent once and not answered (${fault.message}); it leaves nothing that could be read`
    : `${name} was accepted by the device; it leaves nothing that could be read back`;
  return { verdict: { state: "unconfirmed", ...(fault && { fault: fault.kind }) }, detail, writes: 1 };
};
