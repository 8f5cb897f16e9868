import type { FaultKind } from "#domain/fault.ts";
import { faultPolicy } from "./fault-policy.ts";

/**
 * Milliseconds to wait before attempt number `attempt` (0 is the first after the fault). `chance` is 0 to 1 and spreads devices that
 * failed together over the upper half of the span.
 */
export const backoff = (kind: FaultKind, attempt: number, chance: number): number => {
  const { first, longest } = faultPolicy[kind];
  const span = Math.min(longest, first * 2 ** Math.min(attempt, 20)) * 1000;
  return span / 2 + (span / 2) * chance;
};
