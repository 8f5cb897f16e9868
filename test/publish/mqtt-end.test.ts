import { expect, test } from "vitest";
import type { Clock } from "#platform/clock.ts";
import { openDatabase } from "#platform/database.ts";
import { startBroker } from "#simulator/broker.ts";
import { until } from "#test/peer/until.ts";
import { bmc, offline, storeOf, ups } from "./mqtt-device.ts";
import { observe, quickClock, startPublisher } from "./mqtt-rig.ts";

/** Keeps what is to be done later, and does it only when it is told to. */
const heldClock = (): Clock & { readonly held: ReadonlySet<() => void> } => {
  const held = new Set<() => void>();
  return {
    ...quickClock,
    held,
    after: (_ms, act) => {
      held.add(act);
      return { [Symbol.dispose]: () => void held.delete(act) };
    },
  };
};

test("what was to be told soon is not told after the end: the database may be closed by then", async () => {
  await using broker = await startBroker({ host: "127.0.0.1" });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await using seen = await observe(url);
  const clock = heldClock();
  const database = openDatabase(":memory:", () => undefined);
  const store = storeOf(ups, bmc);
  const publisher = startPublisher(store, { url }, database, clock);
  await until(() => seen.kept.has("rack-power/bridge") && seen.count((topic) => topic.endsWith("/config")) === 3, "everything was told once");
  store.connect("office-ups", offline);
  await until(() => seen.kept.get("rack-power/office-ups/status") === "offline", "the change");
  expect(clock.held.size).toBeGreaterThan(0);
  await publisher[Symbol.asyncDispose]();
  await until(() => seen.kept.get("rack-power/status") === "offline", "the good-bye");
  store.connect("web", offline);
  database[Symbol.dispose]();
  for (const act of clock.held) expect(act).not.toThrow();
  expect(clock.held.size).toBe(0);
});
