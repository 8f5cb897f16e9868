import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { abortable, follow } from "#platform/abort.ts";

test("a follower ends with any of its parents, with that one's reason, or when it is told to", () => {
  const [day, hour] = [new AbortController(), new AbortController()];
  using first = follow(day.signal, hour.signal);
  using second = follow(day.signal);
  hour.abort("over");
  expect([first.signal.aborted, first.signal.reason, second.signal.aborted]).toEqual([true, "over", false]);
  second.abort("enough");
  expect(second.signal.reason).toBe("enough");
  expect(day.signal.aborted).toBe(false);
  using late = follow(hour.signal);
  expect(late.signal.reason).toBe("over");
});

test("a hundred thousand of them leave nothing on a signal that lives for days", async () => {
  const day = new AbortController();
  for (let number = 0; number < 100_000; number++) {
    using follower = follow(day.signal);
    await abortable(Promise.resolve(), follower.signal);
  }
  expect(getEventListeners(day.signal, "abort")).toEqual([]);
});
