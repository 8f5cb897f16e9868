/** A UPS on its battery because the mains failed it. Times are of the clock that nobody sets, in milliseconds. */
export interface Outage {
  /** When it was first seen. */
  readonly since: number;
  /** It has lasted longer than a flicker. */
  readonly held: boolean;
  /** It began before our eyes; else it was there when the UPS was first read. */
  readonly seen: boolean;
}

/** What the status says now, undefined where it does not. */
export interface Feed {
  readonly onBattery: boolean;
  /** A self-test or a calibration is under way: the UPS goes to its battery of its own will. */
  readonly trial: boolean;
}

/**
 * The outage after this reading, undefined when there is none. Self-test and calibration are no outages, but an outage that has begun stays one
 * until the mains are back: a UPS does not test its battery while it lives on it.
 */
export const outageAfter = (before: Outage | undefined, { onBattery, trial }: Feed, at: number, firstReading: boolean): Outage | undefined => {
  if (!onBattery) return undefined;
  return before ?? (trial ? undefined : { since: at, held: false, seen: !firstReading });
};

/** Milliseconds until an outage is longer than a flicker; 0 when it is. */
export const untilHeld = ({ since }: Outage, at: number, after: number): number => Math.max(0, since + after * 1000 - at);
