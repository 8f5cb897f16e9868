import { describe, expect, test } from "vitest";
import type { Description, DeviceSettings } from "#domain/device.ts";
import { goodValue, type Change } from "#store/read.ts";
import { createStore, type Store } from "#store/store.ts";

const settings: DeviceSettings = { id: "pdu", driver: "snmp", fedBy: [], interval: 10, parts: {} };
const description: Description = {
  parts: [
    { id: "outlet/1", points: ["outlet.on", "meter.power"], commands: ["outlet.on", "outlet.off"] },
    { id: "outlet/2", points: ["outlet.on"], commands: [] },
  ],
};
const filled = (): { store: Store; changes: Change[] } => {
  const store = createStore();
  store.settle(settings, { state: "connecting", since: 1 });
  store.describe("pdu", description);
  const changes: Change[] = [];
  store.subscribe((change) => changes.push(change));
  return { store, changes };
};

describe("the store", () => {
  test("the same readings again are new in time, and good again after they were stale", () => {
    const { store, changes } = filled();
    const readings = [
      { part: "outlet/1", point: "outlet.on", value: true },
      { part: "outlet/3", point: "outlet.on", value: true },
      { part: "outlet/2", point: "outlet.on", value: false },
    ] as const;
    const entry = (part: string) => store.device("pdu")?.parts.get(part)?.entries.get("outlet.on");
    store.put("pdu", readings, 100);
    store.put("pdu", readings, 200);
    expect([entry("outlet/1"), entry("outlet/2")]).toMatchObject([{ at: 200 }, { at: 200 }]);
    expect(changes).toHaveLength(2);
    store.expire("pdu", 201);
    store.put("pdu", readings.slice(0, 1), 300);
    expect([entry("outlet/1"), entry("outlet/2")]).toMatchObject([
      { at: 300, quality: "good" },
      { at: 200, quality: "stale" },
    ]);
    store.put("pdu", [{ part: "outlet/1", point: "outlet.on", value: false }], 400);
    store.put("pdu", readings, 500);
    expect([entry("outlet/1"), entry("outlet/2")]).toMatchObject([
      { value: true, at: 500, quality: "good" },
      { value: false, at: 500, quality: "good" },
    ]);
    expect(changes).toHaveLength(8);
    store.describe("pdu", { parts: description.parts.slice(1) });
    store.put("pdu", readings.slice(0, 2), 600);
    expect(entry("outlet/2")).toMatchObject({ at: 500 });
    store.put("pdu", readings, 600);
    store.expire("pdu", 550);
    expect([entry("outlet/1"), entry("outlet/2"), entry("outlet/3")]).toEqual([undefined, { value: false, at: 600, quality: "good" }, undefined]);
  });

  test("tells one change per part, and none for what is the same", () => {
    const { store, changes } = filled();
    store.put(
      "pdu",
      [
        { part: "outlet/1", point: "outlet.on", value: true },
        { part: "outlet/1", point: "meter.power", value: 41 },
        { part: "outlet/2", point: "outlet.on", value: false },
      ],
      100,
    );
    expect(changes).toEqual([
      { kind: "readings", device: "pdu", part: "outlet/1", points: ["outlet.on", "meter.power"] },
      { kind: "readings", device: "pdu", part: "outlet/2", points: ["outlet.on"] },
    ]);
    store.put(
      "pdu",
      [
        { part: "outlet/1", point: "outlet.on", value: true },
        { part: "outlet/1", point: "meter.power", value: 42 },
      ],
      200,
    );
    expect(changes[2]).toEqual({ kind: "readings", device: "pdu", part: "outlet/1", points: ["meter.power"] });
    expect(changes).toHaveLength(3);
    expect(store.device("pdu")?.parts.get("outlet/1")?.entries.get("outlet.on")).toEqual({ value: true, at: 200, quality: "good" });
  });

  test("gives snapshots that do not change under the reader", () => {
    const { store } = filled();
    store.put("pdu", [{ part: "outlet/1", point: "meter.power", value: 41 }], 100);
    const before = store.device("pdu");
    store.put("pdu", [{ part: "outlet/1", point: "meter.power", value: 0 }], 200);
    expect(goodValue(before?.parts.get("outlet/1"), "meter.power")).toBe(41);
    expect(goodValue(store.device("pdu")?.parts.get("outlet/1"), "meter.power")).toBe(0);
  });

  test("never gives a stale value as good, keeps it to be seen, and knows the same value anew", () => {
    const { store, changes } = filled();
    store.put("pdu", [{ part: "outlet/1", point: "meter.power", value: 41 }], 100);
    store.expire("pdu", 101);
    expect(goodValue(store.device("pdu")?.parts.get("outlet/1"), "meter.power")).toBeUndefined();
    expect(store.device("pdu")?.parts.get("outlet/1")?.entries.get("meter.power")).toMatchObject({ value: 41, quality: "stale" });
    store.put("pdu", [{ part: "outlet/1", point: "meter.power", value: 41 }], 200);
    expect(goodValue(store.device("pdu")?.parts.get("outlet/1"), "meter.power")).toBe(41);
    expect(changes.map(({ kind }) => kind)).toEqual(["readings", "readings", "readings"]);
  });

  test("drops readings that the description does not name, and points that a new description no longer has", () => {
    const { store } = filled();
    store.put(
      "pdu",
      [
        { part: "outlet/9", point: "outlet.on", value: true },
        { part: "outlet/2", point: "meter.power", value: 1 },
        { part: "outlet/2", point: "outlet.on", value: true },
      ],
      1,
    );
    expect(store.device("pdu")?.parts.get("outlet/2")?.entries.size).toBe(1);
    store.describe("pdu", { parts: [{ id: "outlet/2", points: ["outlet.on"], commands: [] }] });
    expect([...(store.device("pdu")?.parts.keys() ?? [])]).toEqual(["outlet/2"]);
    expect(goodValue(store.device("pdu")?.parts.get("outlet/2"), "outlet.on")).toBe(true);
  });

  test("compares words one by one", () => {
    const store = createStore();
    store.settle({ ...settings, id: "ups" }, { state: "online", since: 1 });
    store.describe("ups", { parts: [{ id: "ups", points: ["ups.status"], commands: [] }] });
    const changes: Change[] = [];
    store.subscribe((change) => changes.push(change));
    for (const words of [["OL", "CHRG"], ["OL", "CHRG"], ["OL"]]) store.put("ups", [{ part: "ups", point: "ups.status", value: words }], 1);
    expect(changes).toHaveLength(2);
  });
});
