import { afterAll, beforeAll, expect, test } from "vitest";

import { startApcupsd, type Apcupsd } from "#test/peer/apcupsd-rig.ts";
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
  apcupsd: debianPackages("apcupsd"),
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

/**
 * A real upsd → our driver → our NUT server → Core's own `nut` → our driver for Home Assistant: what comes out is what went in. And a real apcupsd, by
 * our driver and by Core's own.
 */
describeWithPeer("Home Assistant's own integrations of UPSs, unmodified", together, () => {
  let upsd: Upsd;
  let apcupsd: Apcupsd;
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
  smart-ups: { driver: apcupsd, host: 127.0.0.1, port: ${apcupsd.port}, interval: 1s }
${more}`;
  const ready = (output: string): boolean => output.includes("office-ups: connected");
  /** The entity of Core's own integration for a variable. */
  const entityOf = async (variable: string, integration = "nut"): Promise<string> =>
    await until(
      async () => (await core.entities()).find(({ platform, unique_id: id }) => platform === integration && id.endsWith(`_${variable}`))?.entity_id,
      `Core has an entity of ${variable}`,
    );
  /** A person adds the integration by hand. */
  const add = async (handler: string, ...answers: readonly object[]): Promise<void> => {
    let step = await postCore(core, "/api/config/config_entries/flow", { handler });
    for (const answer of answers) step = await postCore(core, `/api/config/config_entries/flow/${step.flow_id}`, answer);
    expect(step).toMatchObject({ type: "create_entry" });
  };
  const readings = async (device: string): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await fetch(`http://127.0.0.1:${restPort}/api/v1/devices/${device}`, { headers: { "x-api-key": key } });
    const { parts } = (await answer.json()) as {
      readonly parts: readonly { readonly id: string; readonly readings: Readonly<Record<string, { value: unknown }>> }[];
    };
    return Object.fromEntries(parts.flatMap(({ id, readings: own }) => Object.entries(own).map(([point, { value }]) => [`${id} ${point}`, value])));
  };

  beforeAll(async () => {
    upsd = await startUpsd(peers.upsd, { upses: { office: { variables } } });
    apcupsd = await startApcupsd(peers.apcupsd, { type: "test" });
    broker = await startMosquitto(peers.mosquitto);
    core = await startHomeAssistant(peers.core, { broker: { port: broker.port } });
    [nutPort, restPort] = [await freePort("tcp"), await freePort("tcp")];
    program = await startProgram(configuration(), ready);
  });
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    await apcupsd?.[Symbol.asyncDispose]();
    await upsd?.[Symbol.asyncDispose]();
  });

  test("takes our server for one, and shows the UPS as upsd tells it", async () => {
    await add("nut", { host: "127.0.0.1", port: nutPort, username: "house", password: "of-the-house" }, { alias: "office-ups" });
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

  test("their UPSs are UPSs here, with the same readings as by our own drivers", async () => {
    await add("apcupsd", { host: "127.0.0.1", port: apcupsd.port });
    const device = async (id: string, entity: Promise<string>): Promise<string> =>
      `  ${id}: { driver: home-assistant, url: "${core.url}", token: "${core.token}", ups: ${await entity}, interval: 1s }\n`;
    const more = (await device("nut-again", entityOf("battery.charge"))) + (await device("apc-again", entityOf("bcharge", "apcupsd")));
    await program.restart("SIGTERM", configuration(more));
    const compare = async (own: string, other: string, wanted: readonly string[]): Promise<void> => {
      const again = await until(async () => {
        const [found, direct] = [await readings(other), await readings(own)];
        return found["ups ups.charge"] !== undefined && direct["ups ups.charge"] !== undefined && found;
      }, `${other} is read`);
      const direct = await readings(own);
      const shared = Object.keys(again).filter((point) => point in direct && !/timeOnBattery|lastTransfer|energy/.test(point));
      expect(Object.fromEntries(shared.map((point) => [point, again[point]]))).toEqual(Object.fromEntries(shared.map((point) => [point, direct[point]])));
      expect(shared).toEqual(expect.arrayContaining([...wanted]));
    };
    // What is off by default in Core's integration, such as NUT's runtime, Core does not read either.
    const both = ["ups ups.status", "ups ups.onBattery", "ups ups.charge", "ups ups.load", "input meter.voltage"];
    await compare("office-ups", "nut-again", [...both, "output meter.voltage"]);
    await compare("smart-ups", "apc-again", [...both, "ups ups.runtime"]);
  });

  test("Core has nothing to complain of", async () => {
    expect(await core.systemLog()).toEqual([]);
  });
});
