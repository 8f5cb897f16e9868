import { connectAsync } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startHomeAssistant, type HomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { describeWithPeer } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";
import { provisionRack, startProgram, startRealRack, type ProgramUnderTest, type RealRack } from "./real-rack.ts";

const { together, peers } = await provisionRack();

const configuration = (rack: RealRack, broker: Mosquitto, change: { readonly pduName?: string; readonly reversed?: boolean } = {}): string => {
  const devices = [
    `office-ups: { driver: nut, host: 127.0.0.1, port: ${rack.upsd.port}, ups: office, username: admin, password: correct horse, interval: 1s }`,
    `rack-pdu: { driver: snmp, host: 127.0.0.1, port: ${rack.pdu.port}, version: 2c, community: public, interval: 1s, ${change.pduName === undefined ? "" : `name: ${change.pduName}, `}parts: { outlet/1: { lock: locked }, outlet/10: { lock: confirm } } }`,
    `web: { driver: ipmi, host: 127.0.0.1, port: ${rack.bmc.port}, username: ADMIN, password: ADMIN, interval: 1s, fedBy: rack-pdu/outlet/2 }`,
  ];
  return `mqtt: { url: "mqtt://127.0.0.1:${broker.port}" }\ndata: ./data\ndevices:\n${(change.reversed ? devices.toReversed() : devices).map((line) => `  ${line}\n`).join("")}`;
};

describeWithPeer("the whole path, into a real Home Assistant and back", together, () => {
  let rack: RealRack;
  let broker: Mosquitto;
  let core: HomeAssistant;
  let program: ProgramUnderTest;
  beforeAll(async () => {
    rack = await startRealRack(peers);
    broker = await startMosquitto(peers.mosquitto);
    core = await startHomeAssistant(peers.core, { broker: { port: broker.port } });
    program = await startProgram(configuration(rack, broker));
  });
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    await rack?.[Symbol.asyncDispose]();
  });

  test("the devices appear by themselves, with the right class, unit and state", async () => {
    const load = await core.entity("sensor.office_ups_load", "23", 20_000);
    expect(load.attributes).toMatchObject({ unit_of_measurement: "%", state_class: "measurement" });
    expect((await core.entity("sensor.office_ups_status", "OL")).attributes.friendly_name).toContain("office-ups");
    await core.entity("binary_sensor.office_ups_on_battery", "off");
    expect((await core.entity("sensor.office_ups_charge", "97")).attributes).toMatchObject({ device_class: "battery", unit_of_measurement: "%" });
    expect((await core.entity("switch.rack_pdu_outlet_2", "off")).attributes).toMatchObject({ device_class: "outlet" });
    expect((await core.entity("sensor.rack_pdu_outlet_1_power", "41")).attributes).toMatchObject({
      device_class: "power",
      unit_of_measurement: "W",
      state_class: "measurement",
    });
    expect((await core.entity("sensor.rack_pdu_outlet_1_energy", "304.6")).attributes).toMatchObject({
      device_class: "energy",
      unit_of_measurement: "kWh",
      state_class: "total_increasing",
    });
    await core.entity("switch.web", "on");
    const devices = await core.devices();
    const by = (id: string) => devices.find(({ identifiers }) => identifiers.some(([, name]) => name.endsWith(id)));
    expect(by("rack-pdu")).toMatchObject({ manufacturer: "APC", model: "AP8941" });
    expect(by("web")?.via_device_id).toBe(by("rack-pdu")?.id);
  });

  test("a locked outlet is a sensor and no switch, and so is one that asks for confirmation", async () => {
    await core.entity("binary_sensor.rack_pdu_outlet_1", "on");
    await core.entity("binary_sensor.rack_pdu_outlet_10", "off");
    const ids = (await core.entities()).map(({ entity_id }) => entity_id);
    expect(ids.filter((id) => /^(switch|button)\.rack_pdu_outlet_(1|10)(_|$)/.test(id))).toEqual([]);
    expect(ids.filter((id) => id.startsWith("switch.rack_pdu_outlet_")).length).toBe(4);
  });

  test("a switch flips only after the device itself has switched", async () => {
    const flips: { readonly state: string; readonly journal: readonly string[] }[] = [];
    const stop = await core.connection.subscribeEvents<{ data: { entity_id: string; new_state: { state: string } } }>((event) => {
      if (event.data.entity_id === "switch.rack_pdu_outlet_2") flips.push({ state: event.data.new_state.state, journal: rack.pdu.writes() });
    }, "state_changed");
    await core.callService("switch", "turn_on", {}, { entity_id: "switch.rack_pdu_outlet_2" });
    await core.entity("switch.rack_pdu_outlet_2", "on");
    await core.callService("switch", "turn_off", {}, { entity_id: "switch.rack_pdu_outlet_2" });
    await core.entity("switch.rack_pdu_outlet_2", "off");
    await stop();
    expect(rack.pdu.writes()).toEqual(["2 1", "2 2"]);
    expect(flips).toEqual([
      { state: "on", journal: ["2 1"] },
      { state: "off", journal: ["2 1", "2 2"] },
    ]);
  });

  test("a server is shut down gracefully by its switch, and hard only by the button that says so", async () => {
    await core.callService("switch", "turn_off", {}, { entity_id: "switch.web" });
    await core.entity("switch.web", "off", 20_000);
    expect(rack.bmc.journal()).toEqual(["shutdown 1"]);
    await core.callService("switch", "turn_on", {}, { entity_id: "switch.web" });
    await core.entity("switch.web", "on", 20_000);
    const hard = (await core.entities()).find(({ entity_id, unique_id }) => entity_id.startsWith("button.web") && unique_id.includes("chassis-off"));
    await core.callService("button", "press", {}, { entity_id: hard?.entity_id ?? "" });
    await core.entity("switch.web", "off", 20_000);
    expect(rack.bmc.journal()).toEqual(["shutdown 1", "power 1", "power 0"]);
    rack.bmc.setOn(true);
    await core.entity("switch.web", "on", 20_000);
  });

  test("a UPS command reaches the driver and is seen back", async () => {
    const beeper = (await core.entities()).find(({ unique_id }) => unique_id.includes("beeperOff"));
    expect(beeper?.entity_category).toBe("config");
    rack.upsd.driver("office").set({ "ups.status": "OB DISCHRG" });
    await core.entity("binary_sensor.office_ups_on_battery", "on");
    await core.entity("sensor.office_ups_status", "OB DISCHRG");
    rack.upsd.driver("office").set({ "ups.status": "OL" });
    await core.entity("binary_sensor.office_ups_on_battery", "off");
  });

  test("energy becomes long-term statistics", async () => {
    const { "sensor.rack_pdu_outlet_1_energy": rows = [] } = await core.statistics("sensor.rack_pdu_outlet_1_energy");
    expect(rows.at(-1)?.state).toBeCloseTo(304.6, 1);
  });

  test("entities keep their identity over a restart, a new name and another order in the file", async () => {
    const identity = async () =>
      (await core.entities())
        .filter(({ platform }) => platform === "mqtt")
        .map(({ entity_id, unique_id, id }) => `${id} ${unique_id} ${entity_id}`)
        .toSorted();
    const before = await identity();
    expect(before.length).toBeGreaterThan(40);
    await program.restart("SIGTERM", configuration(rack, broker, { pduName: "Basement PDU", reversed: true }));
    await until(async () => (await core.devices()).some(({ name }) => name === "Basement PDU"), "the new name", 20_000);
    await core.entity("switch.rack_pdu_outlet_2", "off");
    expect(await identity()).toEqual(before);
    await program.restart("SIGTERM", configuration(rack, broker));
    await core.entity("switch.rack_pdu_outlet_2", "off");
  });

  test("until here, Home Assistant's log shows no warning and no error at all", async () => {
    expect(await core.systemLog()).toEqual([]);
  });

  test.each([
    ["broker", "core", "program"],
    ["core", "program", "broker"],
    ["program", "broker", "core"],
  ] as const)("after %s, %s and %s went away, all is as it was, and no device saw a write", async (...order) => {
    const writes = rack.writes();
    const away = { broker: () => broker.stop("SIGKILL"), core: () => core.stop(), program: () => program.kill("SIGKILL") };
    const back = { broker: () => broker.start(), core: () => core.start(), program: () => program.start() };
    for (const what of order) await away[what]();
    rack.pdu.set("1.3.6.1.4.1.318.1.1.26.9.2.3.1.5.2", 2); // switched on at the device itself meanwhile
    for (const what of order) if (what !== "program") await back[what]();
    await program.start();
    await core.entity("switch.rack_pdu_outlet_2", "on", 60_000);
    await core.entity("sensor.office_ups_status", "OL", 30_000);
    await core.entity("switch.web", "on", 30_000);
    rack.pdu.set("1.3.6.1.4.1.318.1.1.26.9.2.3.1.5.2", 1);
    await core.entity("switch.rack_pdu_outlet_2", "off", 30_000);
    expect(rack.writes()).toEqual(writes);
  });

  test("while only the broker restarts, entities come back by themselves", async () => {
    const writes = rack.writes();
    await broker.stop("SIGKILL");
    await core.entity("switch.rack_pdu_outlet_2", "unavailable", 20_000);
    await broker.start();
    await core.entity("switch.rack_pdu_outlet_2", "off", 60_000);
    expect(rack.writes()).toEqual(writes);
  });

  test("a device that goes away is unavailable, the others are not, and it comes back", async () => {
    await rack.bmc.stop();
    await core.entity("switch.web", "unavailable", 30_000);
    await core.entity("switch.rack_pdu_outlet_2", "off");
    await rack.bmc.restart();
    await core.entity("switch.web", undefined, 60_000);
    await until(() => core.states()["switch.web"]?.state !== "unavailable", "the server", 60_000);
    const lines = program
      .output()
      .split("\n")
      .filter((line) => line.includes(" web:"));
    expect(lines.filter((line) => line.includes("trying again")).length).toBeLessThanOrEqual(2);
  });

  test("a retained command is cleared and no device sees it", async () => {
    const writes = rack.writes();
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    await client.publishAsync("rack-power/rack-pdu/outlet/2/command", "outlet.on", { retain: true, qos: 1 });
    await program.restart("SIGKILL");
    await core.entity("switch.rack_pdu_outlet_2", "off", 30_000);
    const kept: string[] = [];
    client.on("message", (topic, payload, packet) => {
      if (packet.retain && payload.length > 0) kept.push(topic);
    });
    await client.subscribeAsync("rack-power/+/+/+/command");
    await client.publishAsync("rack-power/marker", "x");
    expect(kept).toEqual([]);
    expect(rack.writes()).toEqual(writes);
    await client.endAsync();
  });

  test("in all that, Home Assistant's log named nothing of ours: only its own lost connections to the broker", async () => {
    const lines = (await core.systemLog()).filter(({ source }) => source[0] !== "components/mqtt/client.py");
    expect(lines).toEqual([]);
  });
});
