import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTurns } from "#publish/nut/turn.ts";

test("a crowd takes turns: a few in each turn of the event loop, everybody once and in order, also who comes while others act", async () => {
  const turns = createTurns();
  const done: number[] = [];
  for (let at = 0; at < 20; at++)
    turns.take(() => {
      done.push(at);
      if (at === 3) turns.take(() => done.push(20));
    });
  expect(done).toEqual([]);
  const after: number[] = [];
  for (let looks = 0; looks < 4; looks++) {
    await turn();
    after.push(done.length);
  }
  expect(after).toEqual([8, 16, 21, 21]);
  expect(done).toEqual(Array.from({ length: 21 }, (_, at) => at));
  turns.take(() => done.push(21));
  await turn();
  expect(done.at(-1)).toBe(21);
});
