import type { FaultKind } from "#domain/fault.ts";

interface Policy {
  /** The session is of no more use. */
  readonly endsSession: boolean;
  /** Seconds until the first new attempt; each further one waits twice as long. */
  readonly first: number;
  /** Seconds that the wait never exceeds. */
  readonly longest: number;
}

/**
 * What a fault of each kind means for the connection. A denied login is tried slowly, because many devices lock an account that
 * fails often; a device out of sessions gets time to end those it holds (openbmc/openbmc#1241).
 */
export const faultPolicy: Readonly<Record<FaultKind, Policy>> = {
  unreachable: { endsSession: true, first: 1, longest: 30 },
  timeout: { endsSession: true, first: 1, longest: 30 },
  denied: { endsSession: true, first: 30, longest: 600 },
  busy: { endsSession: true, first: 60, longest: 300 },
  rejected: { endsSession: false, first: 5, longest: 60 },
  unsupported: { endsSession: false, first: 5, longest: 60 },
  malformed: { endsSession: false, first: 5, longest: 60 },
};
