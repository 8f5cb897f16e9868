import { connectAsync } from "mqtt";
import { expect, test } from "vitest";

import { startHomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, pythonPackages } from "#test/peer/provision.ts";

const homeassistant = await pythonPackages("homeassistant");
const state = "rig/outlet/1";
const document = {
  device: { identifiers: ["rig_pdu"], name: "PDU" },
  origin: { name: "rig" },
  availability: [{ topic: "rig/bridge" }],
  components: {
    on: {
      platform: "switch",
      unique_id: "rig_pdu_1_on",
      name: "Web",
      device_class: "outlet",
      default_entity_id: "switch.pdu_web",
      state_topic: state,
      value_template: "{{ 'ON' if value_json.on else 'OFF' }}",
      command_topic: `${state}/set`,
    },
    energy: {
      platform: "sensor",
      unique_id: "rig_pdu_1_energy",
      name: "Energy",
      device_class: "energy",
      state_class: "total_increasing",
      unit_of_measurement: "kWh",
      default_entity_id: "sensor.pdu_energy",
      state_topic: state,
      value_template: "{{ value_json.energy }}",
    },
  },
};

describeWithPeer("a real Home Assistant", await debianPackages("mosquitto"), (mosquitto) => {
  describeWithPeer("and its Core from PyPI", homeassistant, (peer) => {
    test("discovers, switches, compiles statistics, restarts, and its log stays clean", async () => {
      await using broker = await startMosquitto(mosquitto);
      await using core = await startHomeAssistant(peer, { broker: { port: broker.port } });
      const client = await connectAsync(broker.url, { protocolVersion: 5 });
      const say = (topic: string, value: unknown): Promise<unknown> =>
        client.publishAsync(topic, typeof value === "string" ? value : JSON.stringify(value), { retain: true });
      const asked: string[] = [];
      client.on("message", (_topic, payload) => {
        asked.push(String(payload));
        void say(state, { on: String(payload) === "ON", energy: 12.5 });
      });
      await client.subscribeAsync(`${state}/set`);
      await say("rig/bridge", "online");
      await say("homeassistant/device/rig_pdu/config", document);
      await say(state, { on: false, energy: 12.25 });
      await core.entity("switch.pdu_web", "off");
      await core.callService("switch", "turn_on", {}, { entity_id: "switch.pdu_web" });
      await core.entity("switch.pdu_web", "on");
      expect(asked).toEqual(["ON"]);
      expect((await core.entity("sensor.pdu_energy", "12.5")).attributes).toMatchObject({ device_class: "energy", unit_of_measurement: "kWh" });
      const { "sensor.pdu_energy": rows = [] } = await core.statistics("sensor.pdu_energy");
      expect(rows.at(-1)).toMatchObject({ state: 12.5, sum: 0.25 });
      const before = await core.entities();
      await core.restart();
      await core.entity("switch.pdu_web", "on");
      const mqtt = (list: typeof before): readonly string[] =>
        list.filter((entity) => entity.platform === "mqtt").map((entity) => `${entity.id} ${entity.entity_id}`);
      expect(mqtt(await core.entities())).toEqual(mqtt(before));
      expect(mqtt(before)).toHaveLength(2);
      expect((await core.devices()).map((device) => device.name)).toContain("PDU");
      expect(await core.systemLog()).toEqual([]);
      await say("homeassistant/device/rig_bad/config", { ...document, surprise: 1 });
      await expect.poll(async () => (await core.systemLog()).length, { timeout: 5000 }).toBeGreaterThan(0);
      await client.endAsync(true);
    });
  });
});
