/** One line of the benchmark. `peer` is the same thing done another way in the same run; `ratio` is peer ÷ ours, so more is better. */
export interface Figure {
  readonly name: string;
  /** What was measured, for a person. */
  readonly what: string;
  readonly unit: string;
  readonly value: number;
  readonly median: number;
  readonly p99: number;
  readonly goal: string;
  readonly peer?: { readonly what: string; readonly value: number; readonly ratio: number };
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

export const median = (values: readonly number[]): number => at(values.toSorted((a, b) => a - b), 0.5);
export const p99 = (values: readonly number[]): number => at(values.toSorted((a, b) => a - b), 0.99);

export const round = (value: number): number => Number(value.toPrecision(3));
