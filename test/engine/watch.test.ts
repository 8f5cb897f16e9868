import { expect, test } from "vitest";
import { z } from "zod";
import type { Reading } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import { Engine } from "#engine/engine.ts";
import { openDatabase } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { goodValue } from "#store/read.ts";
import { createStore } from "#store/store.ts";
import { until } from "#test/peer/until.ts";
import { handClock } from "#test/platform/hand-clock.ts";

const part = "outlet/1";
const on = (value: boolean): readonly Reading[] => [{ part, point: "outlet.on", value }];

test("what a device says unasked is taken at once, as long as its connection lives, and polls go on", async () => {
  const clock = handClock();
  const store = createStore();
  const told: ReturnType<typeof Promise.withResolvers<readonly Reading[]>>[] = [];
  const say = (at: number, value: boolean): void => told[at]?.resolve(on(value));
  let polls = 0;
  const faults: Fault[] = [];
  const signals: AbortSignal[] = [];
  await using engine = new Engine({ store, database: openDatabase(":memory:", () => undefined), clock, log: createLog("error", () => undefined) });
  const watch = async function* (signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    signals.push(signal);
    for (;;) {
      const next = Promise.withResolvers<readonly Reading[]>();
      told.push(next);
      yield await next.promise;
    }
  };
  const open = async () => ({
    describe: async () => ({ parts: [{ id: part, points: ["outlet.on" as const], commands: [] }] }),
    read: async () => {
      polls++;
      for (const fault of faults) throw fault;
      return on(false);
    },
    watch,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const settings = { id: "plug", driver: "double", fedBy: [], interval: 10, parts: {} };
  engine.start({ settings, options: {}, driver: { name: "double", options: z.unknown(), endpoint: () => "plug", parallel: 1, open } });
  const shown = (): unknown => goodValue(store.device("plug")?.parts.get(part), "outlet.on");
  await until(() => told.length === 1 && shown() === false, "it is connected and listened to");
  const before = polls;
  say(0, true);
  await until(() => shown() === true, "what it said is shown");
  expect(polls).toBe(before);
  await clock.advance(11_000);
  await until(() => polls > before && shown() === false, "the poll goes on");
  await until(() => told.length === 2, "it listens on");
  faults.push(new Fault("unreachable", "gone"));
  await clock.advance(11_000);
  await until(() => store.device("plug")?.connection.state === "offline", "it is lost");
  expect(signals[0]?.aborted).toBe(true);
  say(1, true);
  await clock.advance(1);
  expect(shown()).toBeUndefined();
});
