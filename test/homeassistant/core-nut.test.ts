import { afterAll, beforeAll, expect, test } from "vitest";

import { startHomeAssistant, type HomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { startUpsd, type Upsd } from "#test/peer/nut-server-rig.ts";
import { freePort } from "#test/peer/port.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";
import { postCore } from "./rack-power-entry.ts";
import { startProgram, type ProgramUnderTest } from "./real-rack.ts";

const { together, peers } = await gatherPeers({
  mosquitto: debianPackages("mosquitto"),
  upsd: debianPackages("nut-server"),
  core: pythonPackages("homeassistant"),
});

const key = "a-key-that-is-long-enough";
const variables = {
  "ups.status": "OL CHRG",
  "ups.mfr": "Rig",
  "ups.model": "R1500",
  "ups.serial": "U1",
  "ups.load": "23",
  "battery.charge": "97",
  "battery.runtime": "1800",
  "input.voltage": "230.4",
  "output.voltage": "229.9",
};

/** Real UPS server → our driver → our NUT server → Core's own `nut` → our driver for Home Assistant: what comes out is what went in. */
describeWithPeer("Home Assistant's own integration of NUT, unmodified", together, () => {
  let upsd: Upsd;
  let broker: Mosquitto;
  let core: HomeAssistant;
  let program: ProgramUnderTest;
  let nutPort: number;
  let restPort: number;
  const configuration = (more = ""): string => `rest: { listen: "127.0.0.1:${restPort}", keys: [ { name: test, key: ${key}, scopes: [read, control] } ] }
nutServer: { listen: "127.0.0.1:${nutPort}", users: [ { name: house, password: of-the-house, role: secondary } ] }
data: ./data
devices:
  office-ups: { driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: office, interval: 1s }
${more}`;
  const ready = (output: string): boolean => output.includes("office-ups: connected");
  /** The entity of Core's own integration for a variable. */
  const entityOf = async (variable: string): Promise<string> =>
    await until(
      async () => (await core.entities()).find(({ platform, unique_id: id }) => platform === "nut" && id.endsWith(`_${variable}`))?.entity_id,
      `Core has an entity of ${variable}`,
    );
  const readings = async (device: string): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await fetch(`http://127.0.0.1:${restPort}/api/v1/devices/${device}`, { headers: { "x-api-key": key } });
    const { parts } = (await answer.json()) as {
      readonly parts: readonly { readonly id: string; readonly readings: Readonly<Record<string, { value: unknown }>> }[];
    };
    return Object.fromEntries(parts.flatMap(({ id, readings: own }) => Object.entries(own).map(([point, { value }]) => [`${id} ${point}`, value])));
  };

  beforeAll(async () => {
    upsd = await startUpsd(peers.upsd, { upses: { office: { variables } } });
    broker = await startMosquitto(peers.mosquitto);
    core = await startHomeAssistant(peers.core, { broker: { port: broker.port } });
    [nutPort, restPort] = [await freePort("tcp"), await freePort("tcp")];
    program = await startProgram(configuration(), ready);
  });
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    await upsd?.[Symbol.asyncDispose]();
  });

  test("takes our server for one, and shows the UPS as upsd tells it", async () => {
    const { flow_id: flow } = await postCore(core, "/api/config/config_entries/flow", { handler: "nut" });
    const data = { host: "127.0.0.1", port: nutPort, username: "house", password: "of-the-house" };
    expect(await postCore(core, `/api/config/config_entries/flow/${flow}`, data)).toMatchObject({ type: "create_entry" });
    for (const variable of ["ups.status", "battery.charge", "ups.load"] as const) await core.entity(await entityOf(variable), variables[variable], 20_000);
  });

  test("sees an outage when it looks", async () => {
    upsd.driver("office").set({ "ups.status": "OB DISCHRG" });
    await until(async () => (await readings("office-ups"))["ups ups.onBattery"] === true, "we see it");
    const entity = await entityOf("ups.status");
    await core.callService("homeassistant", "update_entity", {}, { entity_id: entity });
    await core.entity(entity, "OB DISCHRG", 20_000);
    upsd.driver("office").set({ "ups.status": "OL CHRG" });
    await until(async () => (await readings("office-ups"))["ups ups.onBattery"] === false, "it is over");
    await core.callService("homeassistant", "update_entity", {}, { entity_id: entity });
    await core.entity(entity, "OL CHRG", 20_000);
  });

  test("its UPS is a UPS here, with the same readings", async () => {
    const entity = await entityOf("battery.charge");
    await program.restart(
      "SIGTERM",
      configuration(`  again: { driver: home-assistant, url: "${core.url}", token: "${core.token}", ups: ${entity}, interval: 1s }\n`),
    );
    const direct = await readings("office-ups");
    const again = await until(async () => {
      const found = await readings("again");
      return found["ups ups.charge"] !== undefined && found;
    }, "the UPS of Home Assistant is read");
    const shared = Object.keys(again).filter((point) => point in direct && again[point] !== null && !/timeOnBattery|lastTransfer|energy/.test(point));
    expect(Object.fromEntries(shared.map((point) => [point, again[point]]))).toEqual(Object.fromEntries(shared.map((point) => [point, direct[point]])));
    // What is off by default in Core's integration, such as the runtime, Core does not read either.
    const wanted = ["ups ups.status", "ups ups.onBattery", "ups ups.charge", "ups ups.load", "input meter.voltage", "output meter.voltage"];
    expect(shared).toEqual(expect.arrayContaining(wanted));
  });

  test("has nothing to complain of", async () => {
    expect(await core.systemLog()).toEqual([]);
  });
});
