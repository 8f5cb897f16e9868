import fc from "fast-check";
import { expect, test } from "vitest";
import { openDatabase } from "#platform/database.ts";
import { depthOf, planDevice, sharedAddresses, staleTopics, type PlanServices } from "#publish/mqtt/discovery-plan.ts";
import { paginate } from "#publish/mqtt/document.ts";
import { Ledger } from "#publish/mqtt/ledger.ts";
import { createTopics } from "#publish/mqtt/topic.ts";
import { english } from "#publish/text/text.ts";
import type { Store } from "#store/store.ts";
import { addSample, bmc, online, pdu, settings, storeOf, ups } from "./mqtt-device.ts";

const services = (store: Store): PlanServices => ({
  store,
  ledger: new Ledger(openDatabase(":memory:", () => undefined)),
  topics: createTopics("rack-power", "homeassistant"),
  tongue: { text: english },
  origin: { version: "1" },
});
const componentsOf = (json: string): Record<string, { platform: string; unique_id?: string }> => (JSON.parse(json) as { components: never }).components;
const viaOf = (plan: PlanServices, id: string): unknown =>
  (JSON.parse(planDevice(plan, id, new Set())[0]?.json ?? "{}") as { device?: { via_device?: string } }).device?.via_device;

/** As if the broker had acknowledged. */
const publish = (plan: PlanServices, id: string): void => plan.ledger.write(planDevice(plan, id, new Set()).map(({ topic, after }) => [topic, after]));

test("a component that is gone is marked once and then left out; a disabled one is only left out", () => {
  const store = storeOf(bmc);
  const plan = services(store);
  publish(plan, "web");
  store.describe("web", { parts: bmc.description.parts.slice(0, 1) });
  const [marking] = planDevice(plan, "web", new Set());
  const marked = Object.entries(componentsOf(marking?.json ?? "")).filter(([, { unique_id: id }]) => id === undefined);
  expect(marked).toHaveLength(20);
  expect(marked.every(([key, component]) => key.startsWith("sensor-temp:") && component.platform === "sensor")).toBe(true);
  publish(plan, "web");
  const [last] = planDevice(plan, "web", new Set());
  expect(Object.values(componentsOf(last?.json ?? "")).every(({ unique_id: id }) => id !== undefined)).toBe(true);
  expect(last?.marks).toBe(false);
});

test("a component whose platform changes is removed under its key before it comes back under it", () => {
  const store = storeOf(pdu);
  const plan = services(store);
  publish(plan, "rack-pdu");
  store.settle({ ...pdu.settings, parts: { "outlet/1": { lock: "locked" } } }, online);
  expect(componentsOf(planDevice(plan, "rack-pdu", new Set())[0]?.json ?? "")["outlet-1_outlet-on"]).toEqual({ platform: "switch" });
  publish(plan, "rack-pdu");
  expect(componentsOf(planDevice(plan, "rack-pdu", new Set())[0]?.json ?? "")["outlet-1_outlet-on"]).toMatchObject({ platform: "binary_sensor" });
});

test("a reference to another device is only made when Home Assistant knows it", () => {
  const store = storeOf(pdu);
  const plan = services(store);
  expect(viaOf(plan, "rack-pdu")).toBe("rack-power");
  store.settle(ups.settings, { state: "connecting", since: 1 });
  expect(viaOf(plan, "rack-pdu")).toBe("rack-power");
  addSample(store, ups);
  expect(viaOf(plan, "rack-pdu")).toBe("rack-power_office-ups");
  store.settle(settings("loop", { fedBy: [{ device: "loop", part: "a" }] }), online);
  store.describe("loop", { parts: [] });
  expect(viaOf(plan, "loop")).toBe("rack-power");
  expect(["loop", "office-ups", "rack-pdu", ""].map((id) => depthOf(store, id))).toEqual([1, 1, 2, 0]);
});

test("an address that two devices claim belongs to neither", () => {
  const twin = { ...pdu, settings: settings("twin") };
  expect([...sharedAddresses(storeOf(pdu, twin, bmc))]).toEqual(["00:c0:b7:11:22:33"]);
});

test("a quarantined or not yet reached device keeps what it had; a removed one keeps nothing", () => {
  const before = storeOf(ups);
  const plan = services(before);
  publish(plan, "office-ups");
  plan.ledger.write(plan.ledger.declare("office-ups", ["rack-power/office-ups/ups", "rack-power/office-ups/status", "old-base/office-ups/ups"]));
  const after = storeOf();
  after.settle(ups.settings, { state: "quarantined", since: 1, detail: "line 3" });
  expect(planDevice({ ...plan, store: after }, "office-ups", new Set())).toEqual([]);
  expect(staleTopics({ ...plan, store: after }, "office-ups", 0)).toEqual(["old-base/office-ups/ups"]);
  expect(staleTopics({ ...plan, store: storeOf() }, "office-ups", 0)).toHaveLength(4);
});

test("the ledger is the same after it was read again", () => {
  const database = openDatabase(":memory:", () => undefined);
  const ledger = new Ledger(database);
  ledger.write([
    ["a", { device: "x", hash: "1", components: { k: "sensor" }, marked: ["m"] }],
    ["b", { device: "x" }],
    ["c", { device: "y" }],
  ]);
  ledger.forget(["b"]);
  ledger.edition = 7;
  const again = new Ledger(database);
  expect(again.get("a")).toEqual({ device: "x", hash: "1", components: { k: "sensor" }, marked: ["m"] });
  expect(again.devices().toSorted()).toEqual(["x", "y"]);
  expect(again.topics("x")).toEqual(["a"]);
  expect(again.edition).toBe(7);
});

test("no document is larger than it may be, and no component moves to another one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 10 }),
      (sizes, more) => {
        const component = (size: number): { platform: "sensor"; fill: string } => ({ platform: "sensor", fill: "x".repeat(size) });
        const first = Object.fromEntries(sizes.map((size, index) => [`k${index}`, component(size)]));
        const pages = paginate(first, () => undefined);
        const home = (key: string): number | undefined => {
          const page = pages.findIndex((components) => key in components);
          return page === -1 ? undefined : page;
        };
        for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(101_000);
        const later = paginate({ ...Object.fromEntries(more.map((size, index) => [`n${index}`, component(size)])), ...first }, home);
        for (const key of Object.keys(first)) expect(later.findIndex((components) => key in components)).toBe(home(key));
        expect(later.reduce((count, page) => count + Object.keys(page).length, 0)).toBe(sizes.length + more.length);
      },
    ),
    { numRuns: 50 },
  );
});

test("a PDU of 96 outlets needs several documents, which name one device", () => {
  const outlet = pdu.description.parts.at(-1) ?? expect.fail("no outlet");
  const large = {
    ...pdu,
    settings: settings("large"),
    description: { parts: Array.from({ length: 96 }, (_, index) => ({ ...outlet, id: `outlet/${index + 1}` })) },
  };
  const pages = planDevice(services(storeOf(large)), "large", new Set());
  expect(pages.map(({ topic }) => topic)).toEqual(["", "-P2", "-P3"].map((page) => `homeassistant/device/rack-power_large${page}/config`));
  expect(new Set(pages.map(({ json }) => JSON.stringify((JSON.parse(json) as { device: object }).device))).size).toBe(1);
});
