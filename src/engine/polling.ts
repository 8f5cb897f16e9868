import { pointSpec, type Pace } from "#domain/capability.ts";
import type { Description, Wanted } from "#domain/device.ts";

/** What to ask for at one poll. The arrays are the same objects every time, so that a session can remember its plan for each. */
export interface PollPlan {
  /** After a connect. */
  readonly all: readonly Wanted[];
  /** At each interval. */
  readonly live: readonly Wanted[];
  /** When slow points are due too. */
  readonly liveAndSlow: readonly Wanted[];
}

/** Where nothing differs it is the same array: a session keeps a plan for each. */
const ofPace = (from: readonly Wanted[], ...paces: readonly Pace[]): readonly Wanted[] => {
  const some = from.filter(({ point }) => paces.includes(pointSpec(point).pace));
  return some.length === from.length ? from : some;
};

export const planPolls = (description: Description): PollPlan => {
  const all = description.parts.flatMap(({ id, points, derived = [] }) =>
    points.filter((point) => !derived.includes(point)).map((point): Wanted => ({ part: id, point })),
  );
  const liveAndSlow = ofPace(all, "live", "slow");
  return { all, live: ofPace(liveAndSlow, "live"), liveAndSlow };
};

/** Seconds between polls of slow points: ten intervals, but not more than five minutes nor less than one interval. */
export const slowInterval = (interval: number): number => Math.max(interval, Math.min(interval * 10, 300));

/** With a thousand endpoints a poll alone costs five times as much as one of a few that follow each other: the process wakes and its caches are cold. */
const phases = 64;

/**
 * A number from 0 to 1 that is the same for all devices of an endpoint, so that their polls fall together and can share packets, and
 * differs between endpoints, so that they spread over the interval: in steps, so that where there are many, some fall together. (FNV-1a.)
 */
export const phaseOf = (endpoint: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < endpoint.length; index++) hash = Math.imul(hash ^ endpoint.charCodeAt(index), 0x01000193) >>> 0;
  return Math.floor((hash / 2 ** 32) * phases) / phases;
};

/** The next moment after `now` at which the phase says to poll; all in milliseconds. */
export const nextPoll = (now: number, interval: number, phase: number): number => {
  const offset = interval * phase;
  return (Math.floor((now - offset) / interval) + 1) * interval + offset;
};
