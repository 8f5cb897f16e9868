import { expect, test } from "vitest";
import type { DeviceSettings } from "#domain/device.ts";
import { createLabels } from "#engine/label.ts";
import { deviceRepairs } from "#engine/repair.ts";
import { openDatabase } from "#platform/database.ts";
import { createStore } from "#store/store.ts";

const settings: DeviceSettings = { id: "pdu", driver: "snmp", name: "Rack PDU", fedBy: [], interval: 10, parts: {} };
const describe = (
  label: string,
): { readonly parts: { readonly id: string; readonly label: string; readonly points: ("outlet.on" | "outlet.label")[]; readonly commands: [] }[] } => ({
  parts: [{ id: "outlet/1", label, points: ["outlet.on", "outlet.label"], commands: [] }],
});

test("a device that refuses our login; no other fault is for a person to put right", () => {
  const store = createStore();
  const labels = createLabels(openDatabase(":memory:", () => undefined));
  store.settle(settings, { state: "offline", since: 1, fault: "denied", detail: "wrong community" });
  expect(deviceRepairs(store, labels)).toEqual([{ id: "denied:pdu", kind: "denied", device: "pdu", detail: "Rack PDU refuses our login: wrong community" }]);
  store.connect("pdu", { state: "offline", since: 1, fault: "timeout" });
  expect(deviceRepairs(store, labels)).toEqual([]);
});

test("an outlet with another name than was accepted, until it is accepted; the name that it shows now counts", () => {
  const store = createStore();
  const labels = createLabels(openDatabase(":memory:", () => undefined));
  store.settle(settings, { state: "online", since: 1 });
  const meet = (label: string): void => {
    labels.meet("pdu", describe(label));
    store.describe("pdu", describe(label));
  };
  meet("NAS");
  expect(deviceRepairs(store, labels)).toEqual([]);
  meet("web");
  expect(deviceRepairs(store, labels)).toMatchObject([
    { id: "label-changed:pdu/outlet/1", kind: "label-changed", part: "outlet/1", label: "web", accepted: "NAS" },
  ]);
  store.put("pdu", [{ part: "outlet/1", point: "outlet.label", value: "www" }], 2);
  expect(deviceRepairs(store, labels)).toMatchObject([{ label: "www", accepted: "NAS" }]);
  labels.accept("pdu", "outlet/1", "www");
  expect(deviceRepairs(store, labels)).toEqual([]);
});
