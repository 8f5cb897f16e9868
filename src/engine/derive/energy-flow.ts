/** Power at one moment: watts, and milliseconds of the clock that nobody sets. */
export interface PowerSample {
  readonly power: number;
  readonly at: number;
}

/** So many intervals between two readings are still one another's neighbours: what was drawn in a longer gap nobody knows, and nobody counts. */
const longestGap = 3.5;
/** Milliseconds that are no gap, however short the interval: devices that are asked often answer late. */
const noGap = 5000;

/** W × ms in a kWh. */
const wattMilliseconds = 3.6e9;

/** kWh that flowed between two readings of power, as the area under the line between them. `interval`: seconds between polls. */
export const flowBetween = (before: PowerSample | undefined, now: PowerSample, interval: number): number => {
  if (!before) return 0;
  const span = now.at - before.at;
  if (span <= 0 || span > Math.max(noGap, longestGap * interval * 1000)) return 0;
  return (((Math.max(0, before.power) + Math.max(0, now.power)) / 2) * span) / wattMilliseconds;
};
