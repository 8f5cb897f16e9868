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
import { paginate } from "#publish/mqtt/document.ts";
import { storeOf, settings, tuned, type Sample } from "./mqtt-device.ts";

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
  // Without this word, nothing that drops a load would be there.
  settings: settings("all", { parts: { thing: { allowHomeAssistant: true } } }),
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
  // The commands of two switches are carried by them: chassis.on and shutdown, outlet.on and off; and a variable carries how it is set. A UPS has events.
  expect(components).toHaveLength(pointNames.length + commandNames.length - 5 + 1);
  expect(new Set(components.map(({ unique_id: id }) => id)).size).toBe(components.length);
  for (const component of components) {
    expect(component["name"]).toMatch(/^Thing/);
    expect(component["default_entity_id"]).toMatch(new RegExp(`^${component.platform}\\.[a-z0-9]+(_[a-z0-9]+)*$`));
    expect(component).not.toHaveProperty("object_id");
    expect(component).not.toHaveProperty("retain");
    if (["sensor", "binary_sensor", "switch"].includes(component.platform)) expect(component["entity_category"]).not.toBe("config");
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

test("what drops a load is offered only where the configuration says so in words", () => {
  const all = ["ups.test", "ups.loadOn", "ups.loadOff", "ups.shutdownReturn", "ups.shutdownStayOff"] as const;
  const harmless = ["ups.test", "ups.loadOn"];
  for (const part of [undefined, {}, { allowHomeAssistant: false }]) expect(offeredCommands(all, part)).toEqual(harmless);
  expect(offeredCommands(all, { lock: "confirm" })).toEqual([]);
  for (const part of [{ allowHomeAssistant: true }, { lock: "confirm", allowHomeAssistant: true }] as const) expect(offeredCommands(all, part)).toEqual(all);
  expect(offeredCommands(all, { allowHomeAssistant: true, feedsThisHost: true })).toEqual(harmless);
});

test("a variable is a number, a choice or a text where it may be set, and a sensor where not; all are off by default", () => {
  const components = componentsOf(tuned);
  const of = (name: string, type: string): ReturnType<typeof componentsOf>[string] =>
    components[`variable-${name}_variable-${type}`] ?? expect.fail(`no ${name} among ${Object.keys(components).join(", ")}`);
  const set = { command_template: '{"command":"variable.set","value":{{ value | to_json }} }', entity_category: "config" };
  expect(of("ups.delay.start", "number")).toMatchObject({
    ...set,
    platform: "number",
    name: "Start delay",
    default_entity_id: "number.lab_ups_ups_delay_start",
    command_topic: "rack-power/lab-ups/variable/ups.delay.start/command",
    state_topic: "rack-power/lab-ups/variable/ups.delay.start",
    min: 0,
    max: 600,
    step: 5,
    mode: "box",
    unit_of_measurement: "s",
  });
  expect(of("input.transfer.low", "number")).toMatchObject({ ...set, name: "input.transfer.low", min: -1e9, max: 1e9, step: 1 });
  expect(of("input.sensitivity", "choice")).toMatchObject({ ...set, platform: "select", options: ["low", "mid \"}} 'quoted'", "high"] });
  expect(of("ups.id", "text")).toMatchObject({ ...set, platform: "text", max: 8 });
  expect(of("ups.contact", "text")).toMatchObject({ ...set, platform: "text", max: 255 });
  for (const [name, type] of [
    ["battery.charge.low", "number"],
    ["ups.mfr.date", "text"],
    ["battery.packs", "number"],
  ] as const) {
    expect(of(name, type), name).toMatchObject({ platform: "sensor", entity_category: "diagnostic" });
    expect(of(name, type), name).not.toHaveProperty("command_topic");
  }
  expect(of("battery.packs", "number")).toMatchObject({ unit_of_measurement: "packs", state_class: "measurement" });
  const variables = Object.entries(components).filter(([key]) => key.startsWith("variable-"));
  expect(variables).toHaveLength(10);
  for (const [key, component] of variables) expect(component["enabled_by_default"], key).toBe(false);
  expect(Object.values(components).filter(({ platform }) => platform === "button")).toHaveLength(1);
});

test("what is worked out says so at its entity, and nothing else does", () => {
  const components = componentsOf(tuned);
  expect(components["ups_meter-power"]).toMatchObject({ json_attributes_topic: "rack-power/lab-ups/ups", json_attributes_template: '{"derived": true}' });
  expect(Object.values(components).filter((component) => "json_attributes_template" in component)).toHaveLength(1);
});

test("a UPS of three hundred variables is dealt out over documents that brokers take", () => {
  const options = Array.from({ length: 20 }, (_, index) => `option ${index}`);
  const parts = Array.from({ length: 300 }, (_, index) => ({
    id: `variable/ups.some.variable.of.a.vendor.${index}`,
    points: ["variable.choice"] as const,
    commands: ["variable.set"] as const,
    limits: { options },
  }));
  const components = componentsOf({ settings: settings("many"), description: { parts }, readings: [] });
  const pages = paginate(components, () => undefined);
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.flatMap((page) => Object.keys(page)).toSorted()).toEqual(Object.keys(components).toSorted());
  for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(105_000);
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
