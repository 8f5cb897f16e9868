/**
 * The seven ways in which a device, or the way to it, can fail. Everything that depends on the kind (retry policy, HTTP status,
 * text) is a table elsewhere that must name all seven.
 *
 * - `unreachable`: nobody is there: connection refused, no route, name not resolved, session lost
 * - `timeout`: asked, and no answer in time; whether a write acted is not known
 * - `denied`: wrong password, user, community or privilege
 * - `rejected`: the device understood and refused: an error status, a value it will not take
 * - `unsupported`: the device does not have this point or command
 * - `malformed`: the answer does not follow the protocol
 * - `busy`: the device has no session or resource free now
 */
export const faultKinds = ["unreachable", "timeout", "denied", "rejected", "unsupported", "malformed", "busy"] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultOptions {
  /** What led here; kept for the log at debug level, never shown to a person. */
  readonly cause?: unknown;
  /** True when a write may have reached the device before this went wrong. Only `Session.execute` sets it. */
  readonly written?: boolean;
}

/** The only error that transports and drivers throw. The message is one plain sentence for a person, without secrets and without a full stop. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly written: boolean;
  constructor(kind: FaultKind, message: string, options: FaultOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "Fault";
    this.kind = kind;
    this.written = options.written ?? false;
  }
}

export const isFault = (error: unknown, ...kinds: readonly FaultKind[]): error is Fault =>
  error instanceof Fault && (kinds.length === 0 || kinds.includes(error.kind));

/** Marks a fault as one that happened after a write may have left this machine: the engine then reads before it judges. */
export const afterWrite = (fault: Fault): Fault => new Fault(fault.kind, fault.message, { cause: fault.cause ?? fault, written: true });
