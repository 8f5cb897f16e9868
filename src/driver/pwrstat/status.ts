import type { PointName } from "#domain/capability.ts";
import type { Reading } from "#domain/device.ts";
import { upsStatus } from "#domain/ups-status.ts";

/** What a UPS tells at one moment. */
export interface Status {
  readonly model?: string;
  readonly firmware?: string;
  /** The daemon runs and has no link to its UPS. */
  readonly lost: boolean;
  readonly readings: readonly Reading[];
  /** Points of the part `ups` that it has, whether or not there is anything to tell now: no event yet, no test. */
  readonly possible: readonly PointName[];
}

const always: ReadonlySet<PointName> = new Set(["ups.status", "ups.state", "ups.communicationLost"]);

/** What follows from the status words, as far as this source tells it: for what it has no word, the answer is not known, which is not "no". */
export const statusReadings = (words: readonly string[], known: ReadonlySet<PointName>): readonly Reading[] =>
  upsStatus("ups", words).filter(({ point }) => always.has(point) || known.has(point));

/** The link is lost: whatever the daemon still shows was true before. */
export const lostStatus: Status = { lost: true, readings: upsStatus("ups", ["NOCOMM"]), possible: [] };

export const word = (name: string, applies: boolean): readonly string[] => (applies ? [name] : []);
