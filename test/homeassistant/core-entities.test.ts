import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { PointName, Value } from "#domain/capability.ts";
import { startEngine, type EngineRig } from "#test/peer/engine-rig.ts";
import { startHomeAssistant, type HomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";

const { together, peers } = await gatherPeers({ mosquitto: debianPackages("mosquitto"), core: pythonPackages("homeassistant") });

/** A relay with a meter as a person would make them by hand: they belong to no device. */
const configuration = `
input_boolean:
  relay:
    name: Relay
input_number:
  load:
    name: Load
    min: 0
    max: 5000
    step: 0.1
    initial: 41.5
    unit_of_measurement: W
template:
  - switch:
      - name: Web
        unique_id: web
        state: "{{ is_state('input_boolean.relay', 'on') }}"
        turn_on: [{ action: input_boolean.turn_on, target: { entity_id: input_boolean.relay } }]
        turn_off: [{ action: input_boolean.turn_off, target: { entity_id: input_boolean.relay } }]
      - name: Stuck
        unique_id: stuck
        state: "{{ false }}"
        turn_on: []
        turn_off: []
  - sensor:
      - name: Web power
        unique_id: web_power
        device_class: power
        state_class: measurement
        unit_of_measurement: kW
        state: "{{ (states('input_number.load') | float / 1000) }}"
      - name: Rack temperature
        unique_id: rack_temperature
        device_class: temperature
        unit_of_measurement: °F
        state: "77"
      - name: Rack light
        unique_id: rack_light
        device_class: illuminance
        unit_of_measurement: lx
        state: "12"
      - name: UPS state
        unique_id: ups_state
        state: Online, Battery Charging
      - name: UPS left
        unique_id: ups_left
        device_class: duration
        unit_of_measurement: min
        state: "31"
`;

type Fields = Readonly<Record<string, unknown>>;
const sensor = (id: string, kind: string, unit: string, more: Fields = {}): Fields => ({
  platform: "sensor",
  unique_id: id,
  name: id,
  default_entity_id: `sensor.${id}`,
  device_class: kind,
  unit_of_measurement: unit,
  state_topic: "strip/state",
  value_template: `{{ value_json['${id}'] }}`,
  ...more,
});
const plug = (id: string): Fields => ({
  platform: "switch",
  unique_id: id,
  name: id,
  default_entity_id: `switch.${id}`,
  state_topic: "strip/state",
  value_template: `{{ value_json['${id}'] }}`,
  command_topic: `strip/${id}/set`,
});
const device = (name: string, ...components: readonly Fields[]): readonly [topic: string, document: Fields] => [
  `homeassistant/device/${name}/config`,
  {
    device: { identifiers: [name], name, manufacturer: "Rig", model: "Strip" },
    origin: { name: "rig" },
    availability: [{ topic: "strip/online" }],
    components: Object.fromEntries(components.map((one) => [one["unique_id"], one])),
  },
];

/** A smart plug with its sensors on one device, another with two sensors of power, and one that pretends to be ours. */
const documents = [
  device(
    "plug",
    plug("plug"),
    sensor("plug_watts", "power", "mW"),
    sensor("plug_total", "energy", "Wh", { state_class: "total_increasing" }),
    sensor("plug_yesterday", "energy", "Wh"),
  ),
  device("strip", plug("strip_1"), sensor("strip_1_power", "power", "W"), sensor("strip_2_power", "power", "W")),
  device("rack-power_other", { ...plug("rack-power_other_outlet-1_outlet-on"), default_entity_id: "switch.other" }),
];

describeWithPeer("entities of a real Home Assistant as devices", together, () => {
  let broker: Mosquitto;
  let core: HomeAssistant;
  let rig: EngineRig;
  let mqtt: MqttClient;
  const state: Record<string, unknown> = {
    plug: "OFF",
    plug_watts: 5300,
    plug_total: 1250,
    plug_yesterday: 900,
    strip_1: "ON",
    strip_1_power: 3,
    strip_2_power: 4,
    "rack-power_other_outlet-1_outlet-on": "ON",
  };
  const show = (more: Fields = {}): Promise<unknown> => mqtt.publishAsync("strip/state", JSON.stringify(Object.assign(state, more)), { retain: true });
  const login = (): { url: string; token: string } => ({ url: core.url, token: core.token });
  const value = (id: string, part: string, point: PointName): Value | undefined => rig.value(id, part, point);
  const away = (id: string, text: string): Promise<unknown> =>
    until(() => rig.state(id) === "offline" && rig.store.device(id)?.connection.detail?.includes(text), `${id} is offline: ${text}`, 20_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}; it is ${JSON.stringify(rig.store.device(id)?.connection)}`);
      },
    );

  beforeAll(async () => {
    broker = await startMosquitto(peers.mosquitto);
    mqtt = await connectAsync(broker.url, { protocolVersion: 5 });
    mqtt.on("message", (topic, payload) => void show({ [topic.split("/")[1] ?? ""]: String(payload) }));
    await mqtt.subscribeAsync("strip/+/set");
    await mqtt.publishAsync("strip/online", "online", { retain: true });
    for (const [topic, document] of documents) await mqtt.publishAsync(topic, JSON.stringify(document), { retain: true });
    await show();
    core = await startHomeAssistant(peers.core, { broker: { port: broker.port }, more: configuration });
    await core.entity("sensor.plug_total", "1250");
    rig = startEngine(200);
    rig.start("web", "home-assistant", { ...login(), switch: "switch.web", power: "sensor.web_power" });
    rig.start("plug", "home-assistant", { ...login(), switch: "switch.plug" });
    await rig.online("web", "plug");
  });
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
    await mqtt?.endAsync(true);
    await broker?.[Symbol.asyncDispose]();
  });

  test("a switch made by hand is an outlet, switched both ways and verified, with its sensor in our unit", async () => {
    expect([value("web", "outlet", "outlet.on"), value("web", "outlet", "meter.power")]).toEqual([false, 41.5]);
    for (const name of ["outlet.on", "outlet.off", "outlet.cycle"] as const) {
      expect(await rig.drive("web", "outlet", name)).toMatchObject({ state: "confirmed" });
      await core.entity("input_boolean.relay", name === "outlet.off" ? "off" : "on");
    }
    await core.callService("input_number", "set_value", { entity_id: "input_number.load", value: 120.25 });
    await until(() => value("web", "outlet", "meter.power") === 120.25, "the new power is read");
  });

  test("what sits on the same device is found, a counter of yesterday is not the energy, and the device is described", async () => {
    expect(value("plug", "outlet", "meter.power")).toBe(5.3);
    expect(value("plug", "outlet", "meter.energy")).toBe(1.25);
    expect(rig.store.device("plug")?.description).toMatchObject({ manufacturer: "Rig", model: "Strip" });
    expect(await rig.drive("plug", "outlet", "outlet.on")).toMatchObject({ state: "confirmed" });
    expect(state["plug"]).toBe("ON");
  });

  test("sensors and a UPS, by name", async () => {
    const ups = { status: "sensor.ups_state", runtime: "sensor.ups_left" };
    rig.start("rack", "home-assistant", { ...login(), sensors: { rack: "sensor.rack_temperature" }, ups, power: "input_number.load" });
    await rig.online("rack");
    expect(value("rack", "sensor/rack", "sensor.temperature")).toBe(25);
    expect(value("rack", "meter", "meter.power")).toBe(120.25);
    expect([value("rack", "ups", "ups.status"), value("rack", "ups", "ups.onBattery"), value("rack", "ups", "ups.runtime")]).toEqual([
      ["OL", "CHRG"],
      false,
      1860,
    ]);
  });

  test("what somebody switches in Home Assistant is seen at once, not at the next poll", async () => {
    rig.start("patient", "home-assistant", { ...login(), switch: "input_boolean.relay" }, { interval: 600 });
    await rig.online("patient");
    for (const wanted of [false, true, false]) {
      await core.callService("input_boolean", wanted ? "turn_on" : "turn_off", {}, { entity_id: "input_boolean.relay" });
      await until(() => value("patient", "outlet", "outlet.on") === wanted, `it is ${wanted}`, 3000);
    }
  });

  test("what cannot be, says so: ambiguous, ours, of another unit, not there, not obeying", async () => {
    const wrong: Readonly<Record<string, readonly [Fields, string]>> = {
      doubt: [{ switch: "switch.strip_1" }, "several sensors of power (sensor.strip_1_power, sensor.strip_2_power)"],
      loop: [{ switch: "switch.other" }, "is an entity of Rack Power itself"],
      light: [{ power: "sensor.rack_light" }, "sensor.rack_light is in lx, and power is wanted"],
      lamp: [{ sensors: { light: "sensor.rack_light" } }, "illuminance"],
      nowhere: [{ switch: "switch.nowhere" }, "Home Assistant has no entity switch.nowhere"],
    };
    for (const [id, [options]] of Object.entries(wrong)) rig.start(id, "home-assistant", { ...login(), ...options });
    for (const [id, [, text]] of Object.entries(wrong)) await away(id, text);
    rig.start("sure", "home-assistant", { ...login(), outlets: { 1: { switch: "switch.strip_1", power: "sensor.strip_1_power" } } });
    rig.start("stuck", "home-assistant", { ...login(), switch: "switch.stuck" });
    await rig.online("sure", "stuck");
    expect(value("sure", "outlet/1", "meter.power")).toBe(3);
    expect(rig.store.device("sure")?.parts.get("outlet/1")?.description.label).toBe("strip strip_1");
    expect(await rig.drive("stuck", "outlet", "outlet.on")).toMatchObject({ state: "unconfirmed" });
  });

  test("a plug that is unavailable is offline and not off, and comes back", async () => {
    await mqtt.publishAsync("strip/online", "offline", { retain: true });
    await away("plug", "unavailable in Home Assistant");
    expect(value("plug", "outlet", "outlet.on")).toBeUndefined();
    expect(await rig.drive("plug", "outlet", "outlet.off")).toMatchObject({ state: "failed", fault: "unreachable", writes: 0 });
    expect(state["plug"]).toBe("ON");
    await mqtt.publishAsync("strip/online", "online", { retain: true });
    await until(() => rig.state("plug") === "online", "it is back", 40_000);
  });

  test("a renamed entity is followed and said, also over a restart of Core, and a stranger under its name is not switched", async () => {
    await core.send({ type: "config/entity_registry/update", entity_id: "switch.plug", new_entity_id: "switch.coffee" });
    await until(() => rig.lines.some((line) => line.includes("switch.plug is called switch.coffee in Home Assistant from now on")), "it is said", 20_000);
    await until(() => rig.state("plug") === "online", "it goes on", 20_000);
    expect(await rig.drive("plug", "outlet", "outlet.off")).toMatchObject({ state: "confirmed" });
    expect(state["plug"]).toBe("OFF");
    await core.stop();
    await until(() => rig.state("plug") === "offline" && rig.state("web") === "offline", "Core is missed", 20_000);
    expect(await rig.drive("web", "outlet", "outlet.off")).toMatchObject({ state: "failed", fault: "unreachable", writes: 0 });
    await core.start();
    await until(() => rig.state("plug") === "online" && rig.state("web") === "online", "both are back", 60_000);
    expect(await rig.drive("plug", "outlet", "outlet.on")).toMatchObject({ state: "confirmed" });
    await core.send({ type: "config/entity_registry/update", entity_id: "switch.strip_1", new_entity_id: "switch.plug" });
    await away("sure", "");
    await until(() => rig.state("sure") === "online", "it follows as well", 20_000);
    rig.start("late", "home-assistant", { ...login(), switch: "switch.plug", power: "none" });
    await rig.online("late");
    await rig.engine.stop("plug");
    rig.start("plug", "home-assistant", { ...login(), switch: "switch.plug" });
    await away("plug", "switch.plug is another entity of Home Assistant now; the one that was configured is called switch.coffee");
  });

  test("an entity that is removed is said, and taken again when it comes back", async () => {
    const [topic, document] = documents[1] ?? expect.fail();
    await mqtt.publishAsync(topic, "", { retain: true });
    await away("late", "Home Assistant has no entity switch.plug");
    expect(rig.lines.some((line) => line.includes("switch.plug was removed from Home Assistant"))).toBe(true);
    await mqtt.publishAsync(topic, JSON.stringify(document), { retain: true });
    // Core gives it its first name again, and the id that it had: that is what we go by.
    await core.entity("switch.strip_1", "on");
    await until(() => rig.state("late") === "online", "it is back", 90_000);
    expect(await rig.drive("late", "outlet", "outlet.off")).toMatchObject({ state: "confirmed" });
    expect(state["strip_1"]).toBe("OFF");
  });

  test("a token that is revoked is said at once, and touches nobody else", async () => {
    const token = await core.send<string>({ type: "auth/long_lived_access_token", client_name: "plug", lifespan: 10 });
    rig.start("guest", "home-assistant", { url: core.url, token, switch: "switch.web", power: "none" });
    await rig.online("guest");
    const tokens = await core.send<readonly { readonly id: string; readonly client_name: string | null }[]>({ type: "auth/refresh_tokens" });
    const { id } = tokens.find(({ client_name: name }) => name === "plug") ?? expect.fail("no token");
    await core.send({ type: "auth/delete_refresh_token", refresh_token_id: id });
    await away("guest", "does not accept the token");
    expect(rig.store.device("guest")?.connection.fault).toBe("denied");
    expect(rig.state("web")).toBe("online");
    expect(rig.lines.join("\n")).not.toContain(token);
  });

  test("Home Assistant has nothing to complain of but the refused login", async () => {
    const entries = await core.systemLog();
    expect(entries.filter(({ message }) => !message.some((line) => /Login attempt|invalid authentication/i.test(line)))).toEqual([]);
  });
});
