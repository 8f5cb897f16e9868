import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count, firstCount, type CounterState } from "#engine/counter.ts";

const second = 1000;
/** Feeds readings ten seconds apart and gives every total that was published. */
const run = (raws: readonly number[], from?: CounterState): { totals: number[]; state: CounterState } => {
  let state = from;
  let at = state?.at ?? 0;
  const totals: number[] = [];
  for (const raw of raws) {
    at += 10 * second;
    state = state ? count(state, raw, at) : firstCount(raw, at);
    if (state.total !== undefined) totals.push(state.total);
  }
  if (!state) throw new Error("nothing was fed");
  return { totals, state };
};

describe("a counter of energy", () => {
  test("follows the device", () => {
    expect(run([100, 100.1, 100.1, 100.3]).totals).toEqual([100, 100.1, 100.1, 100.3]);
  });
  test("lets no spurious zero out, and none at the start", () => {
    expect(run([0, 3046.2, 3046.2, 3046.3]).totals.every((total) => total === 0 || total > 3000)).toBe(true);
    expect(run([100, 0, 100.1]).totals).toEqual([100, 100, 100.1]);
    expect(run([100, 0, 0, 100.1]).totals).toEqual([100, 100, 100, 100.1]);
  });
  test("goes on after a reset of the device, from where it was", () => {
    const { totals } = run([100, 0.2, 0.3, 0.4, 0.5]);
    expect(totals).toEqual([100, 100, 100, 100.4, 100.5]);
  });
  test("goes on after the device's counter wraps", () => {
    const top = 2 ** 32 / 10;
    const { totals } = run([top - 0.2, top - 0.1, 0.1, 0.2, 0.3]);
    expect(totals.at(-1)).toBeCloseTo(top + 0.2, 1);
    expect(totals.toSorted((a, b) => a - b)).toEqual(totals);
  });
  test("adds up what a fine meter says in steps of less than a tenth of a watt-hour", () => {
    // 10 W, asked every second, for an hour.
    const raws = Array.from({ length: 3600 }, (_, second) => 5 + (second * 10) / 3_600_000);
    expect(run(raws).totals.at(-1)).toBeCloseTo(5.01, 5);
  });
  test("does not believe one wild number, and loses nothing by it", () => {
    expect(run([100, 429_496_728, 100.1, 100.2]).totals).toEqual([100, 100, 100.1, 100.2]);
  });
  test("a zero that lasts and then goes away again is no jump", () => {
    const { totals } = run([3046, 0, 0, 0, 0, 0, 3046.1, 3046.1, 3046.2, 3046.3]);
    expect(Math.max(...totals)).toBeLessThan(3047);
    expect(totals.toSorted((a, b) => a - b)).toEqual(totals);
  });
  test("counts what flowed while we were away", () => {
    const { state } = run([100]);
    expect(count(state, 460, state.at + 30 * 24 * 3600 * second).total).toBe(460);
  });
  test("does not fall by what binary fractions lose next to a number that is ten million times as large", () => {
    // Three readings make the device's number big while the total stays small; the fourth is the same again.
    const { totals } = run([1234.567_891, 4_294_967_295, 4_294_967_295, 4_294_967_295, 4_294_967_295, 4_294_967_295]);
    expect(new Set(totals)).toEqual(new Set([1234.567_891]));
  });
  test("goes on from what was saved after a restart", () => {
    const { state } = run([100, 0.1, 0.1, 0.1, 0.2]);
    const saved = JSON.parse(JSON.stringify(state)) as CounterState;
    expect(run([0.3], saved).totals[0]).toBeCloseTo((state.total ?? 0) + 0.1, 4);
  });
  test("never falls and never jumps, whatever the device says", () => {
    const raw = fc.oneof(fc.double({ min: 0, max: 5000, noNaN: true }), fc.constantFrom(0, 4294967295, 6553.5, Number.NaN, -1, 99.9, 100, 100.1));
    let steps = 0;
    fc.assert(
      fc.property(fc.array(raw, { minLength: 2, maxLength: 60 }), (raws) => {
        const { totals } = run(raws);
        for (let index = 1; index < totals.length; index++) {
          steps++;
          const [before = 0, now = 0] = [totals[index - 1], totals[index]];
          expect(now).toBeGreaterThanOrEqual(before);
          // Three readings may pass before a new level is believed: what flowed in that time comes at once.
          expect(now - before).toBeLessThanOrEqual(3 * (1.1 + (100 * 10) / 3600) + 0.001);
        }
      }),
      { numRuns: 3000 },
    );
    expect(steps).toBeGreaterThan(10_000);
  });
});
