import type { Command, Origin } from "#domain/command.ts";
import type { DeviceId, PartId } from "#domain/device.ts";
import type { Outcome, Refusal } from "#domain/outcome.ts";

/** A command on its way. `outcome` never rejects. */
export interface Submission {
  readonly id: string;
  readonly outcome: Promise<Outcome>;
}

export interface Running {
  readonly id: string;
  readonly command: Command;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
}

/** The one door for every command. */
export interface Bus {
  /** Known, capable, allowed, already so? Then queued, executed once, and verified at the device. */
  submit(command: Command): Submission;
  /** Writes down that a command was not even considered, such as a retained one. */
  refuse(command: Command, refusal: Refusal, detail: string): Outcome;
  /**
   * Accepts the name that the device now gives to a part, after `label-changed`. `label` must be the one the device shows at this
   * moment, so that nobody accepts what he has not seen; else, or when the device cannot be asked, it throws a `Fault`.
   */
  acceptLabel(device: DeviceId, part: PartId, label: string, by: Origin): Promise<void>;
  running(): readonly Running[];
  /** Newest first, from the audit log, as many as `limit`. */
  outcomes(filter: { readonly device?: DeviceId; readonly part?: PartId; readonly limit: number }): readonly Outcome[];
  outcome(id: string): Outcome | undefined;
  subscribe(listener: (outcome: Outcome) => void): Disposable;
}
