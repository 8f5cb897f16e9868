import { capabilityOf, commandSpec, type CommandName, type Proof } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { PartDescription, PartId, Reading, Wanted } from "#domain/device.ts";
import { isFault, type Fault } from "#domain/fault.ts";
import type { Verdict } from "#domain/outcome.ts";
import type { Clock } from "#platform/clock.ts";
import type { Device } from "./device.ts";
import { createWitness, holdsAlready, provable, provingPoints, verify, type Subject } from "./verify.ts";

/** A verdict with what a person should read, and how many writes left. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly detail: string;
  readonly writes: number;
}

/** What a command is judged by at one part, and what is read for it. */
interface Plan {
  readonly proof: Proof;
  readonly wanted: readonly Wanted[];
}
const plans = new WeakMap<PartDescription, Map<CommandName, Plan>>();

const planFor = (part: PartDescription, name: CommandName): Plan => {
  const known = plans.get(part) ?? new Map<CommandName, Plan>();
  plans.set(part, known);
  const found = known.get(name);
  if (found) return found;
  const proof = provable(capabilityOf(name), commandSpec(name).proof, part.points);
  const points = new Set([...provingPoints(capabilityOf(name), proof), "outlet.label" as const, "outlet.pending" as const]);
  const made = { proof, wanted: [...points].filter((point) => part.points.includes(point)).map((point) => ({ part: part.id, point })) };
  known.set(name, made);
  return made;
};

/** What is read before a command and while it is verified: its proof, and what could forbid it. The same array each time. */
export const watched = (part: PartDescription, name: CommandName): readonly Wanted[] => planFor(part, name).wanted;

export const labelIn = (readings: readonly Reading[], part: PartId): string | undefined =>
  readings.find((one) => one.part === part && one.point === "outlet.label")?.value as string | undefined;
export const pendingIn = (readings: readonly Reading[], part: PartId): boolean =>
  readings.some((one) => one.part === part && one.point === "outlet.pending" && one.value === true);

const subjectOf = (part: PartDescription, { name, value }: Command): Subject => ({ part, capability: capabilityOf(name), value });

/** True when the device shows already what the command would bring about. */
export const alreadySo = (command: Command, part: PartDescription, readings: readonly Reading[]): boolean =>
  holdsAlready(planFor(part, command.name).proof, subjectOf(part, command), readings);

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
  const { within } = commandSpec(command.name);
  const { proof, wanted } = planFor(part, command.name);
  let fault: Fault | undefined;
  try {
    await device.execute(command, signal);
  } catch (error) {
    if (!isFault(error)) throw error;
    if (!error.written) return { verdict: { state: "failed", fault: error.kind }, detail: error.message, writes: 0 };
    fault = error;
  }
  if (proof.kind === "nothing") return withoutProof(command.name, fault);
  const witness = createWitness(proof, subjectOf(part, command), before);
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
  return { verdict: { state: "unconfirmed", traceless: true, ...(fault && { fault: fault.kind }) }, detail, writes: 1 };
};
