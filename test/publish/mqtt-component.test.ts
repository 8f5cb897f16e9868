import fc from "fast-check";
import { expect, test } from "vitest";
import { commandNames, pointNames, pointSpec } from "#domain/capability.ts";
import { partPattern } from "#domain/device.ts";
import { quantities, type Quantity } from "#domain/quantity.ts";
import { componentKey, deviceComponents, offeredCommands, slug } from "#publish/mqtt/component.ts";
import { partName } from "#publish/mqtt/part-name.ts";
import { partState } from "#publish/mqtt/part-state.ts";
import { quantityClasses } from "#publish/mqtt/quantity-class.ts";
import { createTopics } from "#publish/mqtt/topic.ts";
import { english, parseText } from "#publish/text/text.ts";
import { storeOf, settings, type Sample } from "./mqtt-device.ts";

/** What Home Assistant allows: device class → units (developer documentation, "Sensor entity"). */
const allowed: Readonly<Record<string, readonly (string | undefined)[]>> = {
  power: ["mW", "W", "kW"],
  apparent_power: ["mVA", "VA", "kVA"],
  energy: ["Wh", "kWh", "MWh"],
  current: ["mA", "A"],
  voltage: ["mV", "V", "kV"],
  frequency: ["Hz", "kHz"],
  power_factor: ["%", undefined],
  battery: ["%"],
  duration: ["s", "min", "h", "d"],
  temperature: ["°C", "K"],
  humidity: ["%"],
};

const everything: Sample = {
  settings: settings("all"),
  description: { parts: [{ id: "thing", points: [...pointNames], commands: [...commandNames] }] },
  readings: [],
};
const topics = createTopics("rack-power", "homeassistant");
const componentsOf = (sample: Sample): ReturnType<typeof deviceComponents> => {
  const device = storeOf(sample).device(sample.settings.id) ?? expect.fail("no device");
  return deviceComponents(device, topics, english);
};
const partId = fc.stringMatching(partPattern, { maxLength: 30 });
const deviceId = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);

test("each quantity has a unit that its class allows, and totals are counters", () => {
  const checked = Object.entries(quantityClasses).map(([name, { device_class: deviceClass, unit_of_measurement: unit, state_class: state }]) => {
    if (deviceClass !== undefined) expect(allowed[deviceClass], name).toContain(unit);
    expect(state, name).toBe(quantities[name as Quantity].total ? "total_increasing" : "measurement");
    return name;
  });
  expect(checked).toEqual(Object.keys(quantities));
});

test("every point and command of the catalogue becomes an entity with a name, and no two share a unique id", () => {
  const components = Object.values(componentsOf(everything));
  // The commands of two switches are carried by them: chassis.on and shutdown, outlet.on and off.
  expect(components).toHaveLength(pointNames.length + commandNames.length - 4);
  expect(new Set(components.map(({ unique_id: id }) => id)).size).toBe(components.length);
  for (const component of components) {
    expect(component["name"]).toMatch(/^Thing/);
    expect(component["default_entity_id"]).toMatch(new RegExp(`^${component.platform}\\.[a-z0-9]+(_[a-z0-9]+)*$`));
    expect(component).not.toHaveProperty("object_id");
    expect(component).not.toHaveProperty("retain");
    if (component.platform !== "button") expect(component["entity_category"]).not.toBe("config");
  }
});

test("keys never collide, whatever parts and devices are called", () => {
  fc.assert(
    fc.property(deviceId, partId, deviceId, partId, fc.constantFrom(...pointNames), (oneDevice, one, otherDevice, other, point) => {
      const ids = [`${oneDevice}_${componentKey(one, point)}`, `${otherDevice}_${componentKey(other, point)}`];
      expect(ids[0] === ids[1]).toBe(oneDevice === otherDevice && one === other);
    }),
    { numRuns: 2000 },
  );
  expect(componentKey("a/b-c", "outlet.on")).not.toBe(componentKey("a-b/c", "outlet.on"));
  expect(`a_${componentKey("b/x_c", "outlet.on")}`).not.toBe(`a_b-x_${componentKey("c", "outlet.on")}`);
});

test("locks decide what Home Assistant may do", () => {
  const all = ["outlet.on", "outlet.off", "outlet.cycle"] as const;
  expect(offeredCommands(all, undefined)).toEqual(all);
  expect(offeredCommands(all, { lock: "locked", allowHomeAssistant: true })).toEqual([]);
  expect(offeredCommands(all, { lock: "confirm" })).toEqual([]);
  expect(offeredCommands(all, { lock: "confirm", allowHomeAssistant: true })).toEqual(all);
  expect(offeredCommands(all, { feedsThisHost: true })).toEqual(["outlet.on"]);
});

test("a part's state names every point, with null for what is not good, and nothing Home Assistant chokes on", () => {
  const store = storeOf({
    ...everything,
    readings: [
      { part: "thing", point: "meter.power", value: -0.04 },
      { part: "thing", point: "meter.energy", value: Number.NaN },
      { part: "thing", point: "ups.charge", value: 0 },
      { part: "thing", point: "outlet.on", value: false },
      { part: "thing", point: "outlet.label", value: "x".repeat(300) },
      { part: "thing", point: "ups.load", value: 12 },
    ],
  });
  store.expire("all", Number.POSITIVE_INFINITY, (_part, point) => point === "ups.load");
  const part = store.device("all")?.parts.get("thing") ?? expect.fail("no part");
  const state = JSON.parse(partState(part)) as Record<string, Record<string, unknown>>;
  expect(Object.values(state).flatMap((points) => Object.keys(points))).toHaveLength(pointNames.length);
  expect(partState(part)).toContain('"meter":{"power":0,');
  expect(state).toMatchObject({ meter: { energy: null, voltage: null }, ups: { charge: 0, load: null }, outlet: { on: false, label: "x".repeat(255) } });
  expect(pointNames.filter((point) => pointSpec(point).type === "words")).toEqual(["ups.status"]);
});

test("names are short, of one line, and do not repeat the device's", () => {
  const named = (id: string, label: string | undefined, name?: string): string => {
    const sample = {
      ...everything,
      settings: settings("pdu", { name: "PDU", ...(name !== undefined && { parts: { [id]: { name } } }) }),
      description: { parts: [{ id, ...(label !== undefined && { label }), points: [], commands: [] }] },
    };
    const device = storeOf(sample).device("pdu") ?? expect.fail("no device");
    return partName(device, device.parts.get(id) ?? expect.fail("no part"), english);
  };
  expect(named("outlet/3", "  ", undefined)).toBe("Outlet 3");
  expect(named("outlet/3", "PDU Outlet 3")).toBe("Outlet 3");
  expect(named("outlet/3", "PDU2")).toBe("PDU2");
  expect(named("outlet/3", "PDU")).toBe("PDU");
  expect(named("outlet/3", "web\u0000\n server")).toBe("web server");
  expect(named("outlet/3", "label", "NAS")).toBe("NAS");
  expect(named("fan-tray/2", undefined)).toBe("Fan tray 2");
  expect(named("ups", undefined)).toBe("");
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => /^[a-z0-9]*(_[a-z0-9]+)*$/.test(slug(text))));
});

test("a text that is missing, or that nobody needs, is named", () => {
  expect(() => parseText("bridge: {}")).toThrow(/bridge misses.*name, connection/);
  expect(() => parseText("")).toThrow("texts: bridge is missing");
});
