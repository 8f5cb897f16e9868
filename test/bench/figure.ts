/** Every figure of the benchmark, in the order of the table. */
export const figureNames = [
  "bmc.read",
  "bmc.refresh",
  "pdu.poll",
  "pdu.cycle200",
  "switch.rest",
  "switch.mqtt",
  "nut.300",
  "nutserver.list",
  "ups.refresh.nut",
  "ups.refresh.apcupsd",
  "ups.refresh.pwrstat",
  "pwrstat.rest",
  "transfer",
  "start",
  "scale.discovered",
  "scale.rss",
  "scale.cpu",
] as const;
export type FigureName = (typeof figureNames)[number];

/** The same thing done another way, in the same run. */
export interface PeerFigure {
  readonly what: string;
  /** In the unit of the figure. */
  readonly value: number;
  /** How the two compare; `what` of the ratio says which is divided by which. */
  readonly ratio: number;
}

/** One line of the benchmark. */
export interface Figure {
  readonly name: FigureName;
  /** What was measured, for a person. */
  readonly what: string;
  readonly unit: string;
  /** The one number that the goal speaks of: the median, unless `what` says otherwise. */
  readonly value: number;
  readonly median: number;
  readonly p99: number;
  readonly goal: string;
  /** The peer, or why there is none. */
  readonly peer: PeerFigure | string;
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

export const median = (values: readonly number[]): number =>
  at(
    values.toSorted((a, b) => a - b),
    0.5,
  );
export const p99 = (values: readonly number[]): number =>
  at(
    values.toSorted((a, b) => a - b),
    0.99,
  );

/** Three digits say all that a benchmark can. */
export const round = (value: number): number => Number(value.toPrecision(3));

/** Peer ÷ ours: how many times less ours takes. */
export const timesLess = (ours: number, theirs: number, what: string): PeerFigure => ({ what, value: theirs, ratio: theirs / ours });
/** Ours ÷ peer: how many times as long ours takes. */
export const timesAsLong = (ours: number, theirs: number, what: string): PeerFigure => ({ what, value: theirs, ratio: ours / theirs });

/** The figure of a number of measurements, by their median. */
export const figureOf = (name: FigureName, what: string, unit: string, values: readonly number[], goal: string, peer: Figure["peer"]): Figure => ({
  name,
  what,
  unit,
  goal,
  peer,
  value: median(values),
  median: median(values),
  p99: p99(values),
});
