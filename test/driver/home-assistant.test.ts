import { expect, test } from "vitest";
import type { Command } from "#domain/command.ts";
import type { Description, Reading } from "#domain/device.ts";
import { upsStatusPoints } from "#domain/ups-status.ts";
import type { Context, Driver, Session } from "#driver/contract.ts";
import { createHomeAssistantDriver } from "#driver/home-assistant/home-assistant-driver.ts";
import { isOurs } from "#transport/homeassistant/core-registry.ts";
import { bridgeComponents } from "#publish/mqtt/bridge.ts";
import { deviceComponents } from "#publish/mqtt/component.ts";
import { createTopics } from "#publish/mqtt/topic.ts";
import { english } from "#publish/text/text.ts";
import { pdu, storeOf } from "#test/publish/mqtt-device.ts";
import { Secret } from "#domain/secret.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { until } from "#test/peer/until.ts";
import { CoreDouble, type DoubleEntry } from "#test/transport/core-double.ts";

const never = new AbortController().signal;
const driver: Driver<never> = createHomeAssistantDriver(systemClock) as Driver<never>;
const memory = (): Context => {
  const kept = new Map<string, Uint8Array>();
  return { device: "test", log: createLog("error", () => undefined), cache: { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value) } };
};
const entry = (id: string, more: Partial<DoubleEntry> = {}): DoubleEntry => ({
  id: `id-${id}`,
  entity_id: id,
  unique_id: `u-${id}`,
  platform: "rig",
  device_id: "plug",
  ...more,
});
const open = (core: CoreDouble, options: object, context = memory()): Promise<Session> =>
  driver.open(driver.options.parse({ url: core.url, token: "simulated", ...options }), context, never);
const failure = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error,
  );
const everything = async (session: Session): Promise<{ readonly description: Description; readonly readings: readonly Reading[] }> => {
  const description = await session.describe(never);
  return {
    description,
    readings: await session.read(
      description.parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point }))),
      never,
    ),
  };
};
const command = (part: string, name: Command["name"]): Command => ({ device: "test", part, name, by: { via: "mqtt" } });
const sensor = (core: CoreDouble, id: string, kind: string, unit: string, state = "1", more: object = {}): void =>
  core.set(id, state, { device_class: kind, unit_of_measurement: unit, ...more });

/** A plug with three sensors, and something on another device. */
const startPlug = async (): Promise<CoreDouble> => {
  const core = await CoreDouble.start();
  core.set("switch.plug", "on", { friendly_name: "Plug" });
  sensor(core, "sensor.watts", "power", "W", "41.5");
  sensor(core, "sensor.total", "energy", "Wh", "1250", { state_class: "total" });
  sensor(core, "sensor.other", "power", "W");
  core.entities = [entry("switch.plug"), entry("sensor.watts"), entry("sensor.total"), entry("sensor.other", { device_id: "other" })];
  core.devices = [{ id: "plug", manufacturer: "Rig", model: "Plug", serial_number: "S1", sw_version: null }];
  return core;
};

test("a switch in one line: the sensors of its device are found, those of others are not", async () => {
  await using core = await startPlug();
  await using session = await open(core, { switch: "switch.plug" });
  const { description, readings } = await everything(session);
  expect(description).toEqual({
    manufacturer: "Rig",
    model: "Plug",
    serial: "S1",
    parts: [{ id: "outlet", points: ["outlet.on", "meter.power", "meter.energy"], commands: ["outlet.on", "outlet.off"] }],
  });
  expect(readings).toEqual([
    { part: "outlet", point: "outlet.on", value: true },
    { part: "outlet", point: "meter.power", value: 41.5 },
    { part: "outlet", point: "meter.energy", value: 1.25 },
  ]);
});

test("what is named wins over what is found, and none means none", async () => {
  await using core = await startPlug();
  await using session = await open(core, { switch: "switch.plug", power: "sensor.other", energy: "none" });
  const { description, readings } = await everything(session);
  expect(description.parts[0]?.points).toEqual(["outlet.on", "meter.power"]);
  expect(readings[1]?.value).toBe(1);
});

test("several sensors that would do are an error that names them; the one that was found before stays", async () => {
  await using core = await startPlug();
  const context = memory();
  await (await open(core, { switch: "switch.plug" }, context))[Symbol.asyncDispose]();
  sensor(core, "sensor.watts_2", "power", "kW", "0.01");
  core.entities = [...core.entities, entry("sensor.watts_2")];
  expect(await failure(open(core, { switch: "switch.plug" }))).toMatchObject({
    kind: "rejected",
    message: expect.stringContaining("sensors of power (sensor.watts, sensor.watts_2)") as string,
  });
  await using session = await open(core, { switch: "switch.plug" }, context);
  expect((await everything(session)).readings[1]?.value).toBe(41.5);
});

test("a command is Core's service, sent once, and every way in which it can go wrong", async () => {
  await using core = await startPlug();
  await using session = await open(core, { switch: "switch.plug" });
  await session.execute?.(command("outlet", "outlet.off"), never);
  expect(core.heard.filter(({ type }) => type === "call_service")).toEqual([
    expect.objectContaining({ domain: "switch", service: "turn_off", target: { entity_id: "switch.plug" } }),
  ]);
  const wanted = [{ part: "outlet", point: "outlet.on" }] as const;
  await until(async () => (await session.read(wanted, never))[0]?.value === false, "the state follows");
  const run = (): Promise<unknown> => failure(session.execute?.(command("outlet", "outlet.on"), never) ?? Promise.resolve());
  const refuse = (code: string) => (core.answer = ({ type }) => (type === "call_service" ? { error: { code, message: "No." } } : "by itself"));
  refuse("home_assistant_error");
  expect(await run()).toMatchObject({ kind: "rejected", written: true });
  refuse("unauthorized");
  expect(await run()).toMatchObject({ kind: "denied", written: false });
  core.answer = ({ type }) => (type === "call_service" ? undefined : "by itself");
  const lost = run();
  await until(() => core.heard.filter(({ type }) => type === "call_service").length === 4, "it is under way");
  core.drop();
  expect(await lost).toMatchObject({ kind: "unreachable", written: true });
  expect(await run()).toMatchObject({ kind: "unreachable", written: false });
  expect(core.heard.filter(({ type }) => type === "call_service").length).toBe(4);
});

test("an unavailable switch is not switched: Core would say yes and do nothing", async () => {
  await using core = await startPlug();
  await using session = await open(core, { switch: "switch.plug" });
  core.set("switch.plug", "unavailable");
  const wanted = [
    { part: "outlet", point: "outlet.on" },
    { part: "outlet", point: "meter.power" },
  ] as const;
  await until(async () => (await session.read(wanted, never)).length === 1, "the switch is absent and its power is not");
  expect(await failure(session.execute?.(command("outlet", "outlet.on"), never) ?? Promise.resolve())).toMatchObject({ kind: "unreachable", written: false });
  core.set("sensor.watts", "unavailable");
  core.set("sensor.total", "unavailable");
  await until(async () => (await session.read(wanted, never).catch((error: unknown) => error)) instanceof Error, "the device is away");
  expect(await failure(session.read(wanted, never))).toMatchObject({
    kind: "unreachable",
    message: "switch.plug and 2 more are unavailable in Home Assistant",
  });
  core.set("switch.plug", "unknown");
  await until(async () => (await session.read(wanted, never)).length === 0, "one that was never told its state is there");
  expect(core.heard.some(({ type }) => type === "call_service")).toBe(false);
});

test("a rename ends the session with a sentence, and the next one follows; what does not concern it does not end it", async () => {
  await using core = await startPlug();
  const context = memory();
  const wanted = [{ part: "outlet", point: "outlet.on" }] as const;
  {
    await using session = await open(core, { switch: "switch.plug" }, context);
    core.fire("entity_registry_updated", { action: "update", entity_id: "switch.stranger", old_entity_id: "switch.odd", changes: { entity_id: "switch.odd" } });
    core.fire("entity_registry_updated", { action: "update", entity_id: "switch.plug", changes: { name: "Coffee", icon: null } });
    core.fire("entity_registry_updated", { action: "remove", entity_id: "sensor.other" });
    core.set("switch.plug", "off");
    await until(async () => (await session.read(wanted, never))[0]?.value === false, "it goes on");
    core.states.set("switch.coffee", core.states.get("switch.plug") ?? { state: "off" });
    core.remove("switch.plug");
    core.entities = core.entities.map((one) => (one.entity_id === "switch.plug" ? { ...one, entity_id: "switch.coffee" } : one));
    core.fire("entity_registry_updated", { action: "update", entity_id: "switch.coffee", old_entity_id: "switch.plug", changes: { entity_id: "switch.plug" } });
    await until(
      async () =>
        (await session.read(wanted, never).catch((error: Error) => error.message)) === "switch.plug is called switch.coffee in Home Assistant from now on",
      "it is said",
    );
  }
  await using session = await open(core, { switch: "switch.plug" }, context);
  await session.execute?.(command("outlet", "outlet.on"), never);
  expect(core.states.get("switch.coffee")?.state).toBe("on");
  core.set("switch.plug", "off");
  core.entities = [...core.entities, entry("switch.plug", { id: "id-thief" })];
  expect(await failure(open(core, { switch: "switch.plug" }, context))).toMatchObject({
    kind: "rejected",
    message: expect.stringContaining("is called switch.coffee") as string,
  });
  core.entities = core.entities.filter(({ entity_id: id }) => id !== "switch.coffee");
  await using taken = await open(core, { switch: "switch.plug" }, context);
  expect((await taken.read(wanted, never))[0]?.value).toBe(false);
});

test("what cannot be used says why", async () => {
  await using core = await startPlug();
  core.set("switch.ours", "on");
  core.set("sensor.text", "hello");
  core.entities = [
    ...core.entities,
    entry("switch.ours", { platform: "mqtt", unique_id: "rack-power_pdu_outlet-1_outlet-on" }),
    entry("switch.off", { disabled_by: "user" }),
  ];
  const wrong: readonly (readonly [object, string, string])[] = [
    [{ switch: "switch.ours" }, "rejected", "switch.ours is an entity of Rack Power itself"],
    [{ switch: "switch.off" }, "unsupported", "switch.off is disabled in Home Assistant"],
    [{ switch: "switch.none" }, "unsupported", "Home Assistant has no entity switch.none"],
    [{ energy: "sensor.watts" }, "unsupported", "sensor.watts is in W, and energy is wanted (kWh"],
    [{ power: "sensor.text" }, "unsupported", "sensor.text has no unit, and power is wanted"],
    [{ sensors: { a: ["sensor.watts", "sensor.other"] } }, "rejected", "sensor.watts and sensor.other are both of meter.power"],
    [{ ups: "sensor.watts" }, "unsupported", "name its sensors"],
    [{ ups: "0123456789abcdef0123456789abcdef" }, "unsupported", "name its sensors"],
  ];
  for (const [options, kind, message] of wrong)
    expect(await failure(open(core, options))).toMatchObject({ kind, message: expect.stringContaining(message) as string });
  core.running = "STARTING";
  expect(await failure(open(core, { switch: "switch.plug" }))).toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("still starting") as string,
  });
  await until(() => core.clients === 0, "nothing stays open");
});

test("a unit that changes to one that does not fit is said, and its number never shown", async () => {
  await using core = await startPlug();
  await using session = await open(core, { power: "sensor.watts" });
  sensor(core, "sensor.watts", "power", "kW", "0.05");
  const wanted = [{ part: "meter", point: "meter.power" }] as const;
  await until(async () => (await session.read(wanted, never))[0]?.value === 50, "the new unit counts");
  sensor(core, "sensor.watts", "energy", "kWh", "0.05");
  await until(async () => (await session.read(wanted, never).catch((error: unknown) => error)) instanceof Error, "it is said");
  expect(await failure(session.read(wanted, never))).toMatchObject({
    kind: "unsupported",
    message: expect.stringContaining("sensor.watts is in kWh, and power is wanted") as string,
  });
});

test("a UPS of NUT's integration by any entity of it, and one of apcupsd by its device", async () => {
  await using core = await CoreDouble.start();
  const nut = {
    "ups.status": "OB DISCHRG",
    "ups.status.display": "Online",
    "battery.charge": "83",
    "battery.charge.low": "10",
    "battery.runtime": "1700",
    "ups.load": "23",
    "input.voltage": "0",
    "ups.realpower": "120",
  };
  const units: Readonly<Record<string, string>> = {
    "battery.charge": "%",
    "battery.charge.low": "%",
    "battery.runtime": "s",
    "ups.load": "%",
    "input.voltage": "V",
    "ups.realpower": "W",
    bcharge: "%",
    timeleft: "min",
    loadpct: "%",
    nompower: "W",
  };
  const apc = { status: "ONLINE", bcharge: "100", timeleft: "42", loadpct: "7", nompower: "540" };
  const add = (platform: string, device: string, values: Readonly<Record<string, string>>): void => {
    for (const [key, value] of Object.entries(values)) {
      const id = `sensor.${platform}_${key.replaceAll(".", "_")}`;
      core.set(id, value, key in units ? { unit_of_measurement: units[key] } : {});
      core.entities = [...core.entities, entry(id, { platform, device_id: device, unique_id: `APC_1500_S1_${key}` })];
    }
  };
  const apcDevice = "0123456789abcdef0123456789abcdef";
  add("nut", "ups", nut);
  add("apcupsd", apcDevice, apc);
  await using first = await open(core, { ups: "sensor.nut_battery_charge_low" });
  const read = async (session: Session): Promise<Readonly<Record<string, unknown>>> =>
    Object.fromEntries((await everything(session)).readings.map(({ part, point, value }) => [`${part} ${point}`, value]));
  expect(await read(first)).toEqual({
    "ups ups.status": ["OB", "DISCHRG"],
    "ups ups.state": "on-battery",
    ...Object.fromEntries(upsStatusPoints.slice(2).map((point) => [`ups ${point}`, ["ups.onBattery", "ups.discharging"].includes(point)])),
    "ups ups.charge": 83,
    "ups ups.runtime": 1700,
    "ups ups.load": 23,
    "output meter.power": 120,
    "input meter.voltage": 0,
  });
  await using second = await open(core, { ups: apcDevice });
  expect(await read(second)).toMatchObject({
    "ups ups.status": ["OL"],
    "ups ups.charge": 100,
    "ups ups.runtime": 2520,
    "ups ups.load": 7,
    "ups ups.nominalPower": 540,
  });
  core.set("sensor.apcupsd_status", "COMMLOST");
  const status = [{ part: "ups", point: "ups.onBattery" }] as const;
  await until(async () => (await second.read(status, never).catch((error: unknown) => error)) instanceof Error, "the UPS is lost");
  expect(await failure(second.read(status, never))).toMatchObject({ kind: "unreachable", message: expect.stringContaining("COMMLOST") as string });
});

test("the options say what is missing, and in the add-on neither address nor token is", async () => {
  const messages = (options: object, supervised = false): readonly string[] =>
    (
      createHomeAssistantDriver(systemClock, supervised ? { url: "http://supervisor/core", token: new Secret("x") } : undefined).options.safeParse(options)
        .error?.issues ?? []
    ).map(({ path, message }) => `${path.join(".")} ${message}`);
  const plug = { switch: "switch.plug" };
  expect(messages(plug)).toEqual(["url is missing, and token: only Home Assistant's own add-on needs neither"]);
  expect(messages(plug, true)).toEqual([]);
  expect(messages({ ...plug, url: "http://ha:8123" }, true)).toEqual([expect.stringContaining("token is missing")]);
  expect(messages({ ...plug, token: "x" }, true)).toEqual([expect.stringContaining("url is missing")]);
  expect(messages({ url: "ha:8123", token: "x", switch: "light.x" })).toEqual([
    expect.stringContaining("url is no address"),
    expect.stringContaining("switch is no switch entity"),
  ]);
  expect(messages({}, true)).toEqual([expect.stringContaining("switch is missing: name a switch")]);
  expect(messages({ power: "none" }, true)).toEqual([expect.stringContaining("switch is missing")]);
  for (const fine of [
    { power: "sensor.a" },
    { outlets: { 1: "switch.a", b: { switch: "switch.b", power: "none" } } },
    { sensors: { a: "sensor.a", b: ["sensor.b"] } },
    { ups: { status: "sensor.s" } },
  ])
    expect(messages(fine, true)).toEqual([]);
});

test("what changes is told at once, each change once, until the connection or whoever listens ends", async () => {
  await using core = await startPlug();
  await using session = await open(core, { switch: "switch.plug" });
  const listen = (signal: AbortSignal, heard: Reading[]): Promise<void> =>
    (async () => {
      for await (const readings of session.watch?.(signal) ?? []) heard.push(...readings);
    })();
  const heard: Reading[] = [];
  const other: Reading[] = [];
  const stop = new AbortController();
  const listening = listen(never, heard);
  const stopped = listen(stop.signal, other);
  core.set("switch.plug", "off");
  core.set("switch.plug", "off", { friendly_name: "Another" });
  core.set("sensor.watts", "unavailable");
  core.set("sensor.watts", "0");
  await until(() => heard.some(({ value }) => value === 0), "the last one arrives");
  expect(heard).toEqual([
    { part: "outlet", point: "outlet.on", value: false },
    { part: "outlet", point: "meter.power", value: 0 },
  ]);
  stop.abort();
  await stopped;
  expect(other).toEqual(heard);
  sensor(core, "sensor.watts", "energy", "kWh", "3");
  core.set("sensor.total", "2000");
  await until(() => heard.length === 3, "the others go on");
  expect(heard[2]).toEqual({ part: "outlet", point: "meter.energy", value: 2 });
  core.drop();
  await listening;
});

test("in the add-on the Supervisor's way is taken; devices of one Home Assistant share one connection and one look at its registry", async () => {
  await using core = await startPlug();
  const supervised = createHomeAssistantDriver(systemClock, { url: core.url, token: new Secret("simulated") });
  const one = (): Promise<Session> => supervised.open(supervised.options.parse({ switch: "switch.plug" }), memory(), never);
  const sessions = await Promise.all([one(), one(), one()]);
  expect([core.clients, core.logins, core.heard.filter(({ type }) => type === "config/entity_registry/list").length]).toEqual([1, 1, 1]);
  for (const session of sessions) await session[Symbol.asyncDispose]();
  await until(() => core.clients === 0, "the connection is closed");
});

test("whatever we publish is known for ours, and nobody else's is", () => {
  const topics = createTopics("rack-power", "homeassistant");
  const device = storeOf(pdu).device("rack-pdu") ?? expect.fail();
  const ids = [...Object.values(deviceComponents(device, topics, english)), ...Object.values(bridgeComponents(topics, english))].map((one) =>
    String(one["unique_id"]),
  );
  expect(ids.length).toBeGreaterThan(100);
  for (const id of ids) expect([id, isOurs({ id, entity_id: "switch.x", unique_id: id, platform: "mqtt" })]).toEqual([id, true]);
  for (const id of ["rack-powered_1", "rackpower", "tasmota_rack-power_1"])
    expect(isOurs({ id, entity_id: "switch.x", unique_id: id, platform: "mqtt" })).toBe(false);
  expect(isOurs({ id: "", entity_id: "switch.x", unique_id: "rack-power_x", platform: "template" })).toBe(false);
});
