import type { Command } from "./command.ts";
import type { FaultKind } from "./fault.ts";

/**
 * Why a command was refused before anything was sent.
 * - `not-known`: no such device or part
 * - `not-capable`: the part does not take this command
 * - `wrong-value`: the command takes no value, or not this one
 * - `quarantined`: the device's configuration is wrong
 * - `locked`: the outlet is locked in the configuration
 * - `feeds-this-host`: the outlet carries the machine this program runs on
 * - `confirmation-needed`: the outlet wants an explicit token; `confirm` holds it
 * - `label-changed`: the name on the device is not the one seen before
 * - `pending`: a delayed switching is under way at the device
 * - `retained`, `duplicate`, `late`: the message must not be acted on
 * - `stopping`: the program is about to end
 */
export const refusals = [
  "not-known",
  "not-capable",
  "wrong-value",
  "quarantined",
  "locked",
  "feeds-this-host",
  "confirmation-needed",
  "label-changed",
  "pending",
  "retained",
  "duplicate",
  "late",
  "stopping",
] as const;
export type Refusal = (typeof refusals)[number];

export type Verdict =
  /** The device, read back, agrees. */
  | { readonly state: "confirmed" }
  /** A write may have left, and the device did not show its effect in time, or has nothing to show: then it is `traceless`. */
  | { readonly state: "unconfirmed"; readonly fault?: FaultKind; readonly traceless?: true }
  /** Not sent, for a reason of ours. `confirm` is given with `confirmation-needed`. */
  | { readonly state: "refused"; readonly refusal: Refusal; readonly confirm?: string }
  /** Sent or tried, and the device or the way to it said no. */
  | { readonly state: "failed"; readonly fault: FaultKind };

/** The end of a command. Every one is written to the audit log. */
export type Outcome = Verdict & {
  readonly id: string;
  readonly command: Command;
  /** One sentence for a person. */
  readonly detail: string;
  /** Writes that left this machine for the device. */
  readonly writes: number;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  readonly endedAt: number;
};
