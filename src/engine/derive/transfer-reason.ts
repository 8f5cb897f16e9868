/** Volts, as a part of what the input had while all was well. A UPS of the usual kind bears a tenth in either direction. */
const failed = 0.25;
const low = 0.95;
const high = 1.05;

/**
 * Why a UPS went to its battery, by the voltage of its input before and at the transfer; undefined when that does not tell. Worded as
 * apcupsd and NUT's drivers word it.
 */
export const transferReason = (before: number | undefined, now: number | undefined): string | undefined => {
  if (now === undefined || before === undefined || before <= 0) return undefined;
  const ratio = now / before;
  if (ratio < failed) return "input failed";
  if (ratio < low) return "input voltage too low";
  return ratio > high ? "input voltage too high" : undefined;
};
