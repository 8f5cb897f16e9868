import fc from "fast-check";
import { expect, test } from "vitest";

import type { Clock } from "#platform/clock.ts";
import { createDeadlines, type Waiting } from "#transport/snmp/deadlines.ts";

/** A clock whose time passes when the test says so. */
const createHandClock = (): { readonly clock: Clock; pass(ms: number): void; timers(): number } => {
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  let now = 0;
  const after = (ms: number, act: () => void): Disposable => {
    const timer = { at: now + ms, act };
    timers.add(timer);
    return { [Symbol.dispose]: () => void timers.delete(timer) };
  };
  const pass = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      now = next.at;
      timers.delete(next);
      next.act();
    }
    now = end;
  };
  return {
    clock: { now: () => now, monotonic: () => now, sleep: () => Promise.reject(new Error("nobody sleeps here")), after },
    pass,
    timers: () => timers.size,
  };
};

const steps = fc.array(fc.record({ wait: fc.integer({ min: 1, max: 500 }), pass: fc.nat(100), answered: fc.boolean() }), { maxLength: 40 });

test("whoever was not answered hears of it when the time is over, once; whoever was, never; and one timer does for all", () => {
  let late = 0;
  fc.assert(
    fc.property(steps, (given) => {
      const { clock, pass, timers } = createHandClock();
      const deadlines = createDeadlines(clock);
      const heard = new Map<Waiting, number>();
      const waiting = given.map(({ wait, pass: ms, answered }) => {
        const one: Waiting = { due: clock.monotonic() + wait, late: () => expect(heard.set(one, clock.monotonic()).size).toBeGreaterThan(0) };
        deadlines.add(one);
        expect(timers()).toBeLessThanOrEqual(1);
        if (answered) deadlines.delete(one);
        pass(ms);
        return { one, answered };
      });
      pass(1000);
      for (const { one, answered } of waiting) {
        if (answered) expect(heard.get(one)).toBeUndefined();
        else expect(Math.abs((heard.get(one) ?? Number.NaN) - one.due)).toBeLessThanOrEqual(1);
      }
      late += heard.size;
      expect(timers()).toBe(0);
    }),
    { numRuns: 300 },
  );
  expect(late).toBeGreaterThan(500);
});

test("without anybody who waits, no timer is left when one leaves", () => {
  const { clock, timers } = createHandClock();
  const deadlines = createDeadlines(clock);
  const one: Waiting = { due: 100, late: () => expect.fail("it was answered") };
  const other: Waiting = { due: 200, late: () => expect.fail("it was answered") };
  deadlines.add(one);
  deadlines.add(other);
  deadlines.delete(one);
  deadlines.settle();
  expect(timers()).toBe(1);
  deadlines.delete(other);
  deadlines.settle();
  expect(timers()).toBe(0);
});
