import { expect, test } from "vitest";
import { atHomeAssistant } from "#program/at-home-assistant.ts";
import type { CoreMessage } from "#transport/homeassistant/core-connection.ts";
import { pdu, settings, storeOf } from "./publish/mqtt-device.ts";

interface Entity {
  readonly entity_id: string;
  readonly unique_id: string;
  readonly platform: string;
  readonly name?: string;
  readonly original_name?: string;
}
const entity = (id: string, more: Partial<Entity> = {}): Entity => ({ entity_id: `sensor.${id}`, unique_id: `rack-power_${id}`, platform: "mqtt", ...more });

/** Answers as Core does, and keeps what it is told. */
const fakeCore = (entities: readonly Entity[]): { readonly told: CoreMessage[]; call(message: CoreMessage): Promise<unknown> } => {
  const told: CoreMessage[] = [];
  const answers: Readonly<Record<string, unknown>> = {
    get_states: [],
    "config/device_registry/list": [],
    "config/entity_registry/list": entities,
    "energy/get_prefs": { device_consumption: [] },
  };
  return {
    told,
    call: async (message) => {
      if (!(message.type in answers)) told.push(message);
      return answers[message.type];
    },
  };
};

const inlet = { unique_id: "rack-power_rack-pdu_inlet_meter-energy", original_name: "Inlet energy" };

test("a counter is named as Home Assistant names it, and by its id where it has no name", async () => {
  const outlet = { unique_id: "rack-power_rack-pdu_outlet-3_meter-energy" };
  const core = fakeCore([
    entity("in", inlet),
    entity("out", { ...outlet, name: "What the NAS took" }),
    entity("power", { unique_id: "rack-power_rack-pdu_inlet_meter-power" }),
  ]);
  const home = atHomeAssistant(core, { devices: () => storeOf(pdu).devices(), published: () => undefined });
  expect(await home.energy()).toEqual([
    { sensor: "sensor.in", name: "Rack PDU Inlet energy", power: "sensor.power" },
    { sensor: "sensor.out", name: "Rack PDU What the NAS took", within: "sensor.in" },
  ]);
  expect(await home.addEnergy(["sensor.in"])).toEqual([{ sensor: "sensor.in", name: "Rack PDU Inlet energy", power: "sensor.power" }]);
  // Its own name for it is nothing that we would write there.
  expect(core.told).toEqual([{ type: "energy/save_prefs", device_consumption: [{ stat_consumption: "sensor.in", stat_rate: "sensor.power" }] }]);
});

test("entities of a device that was not reached yet are not left over, whatever the database has forgotten", async () => {
  const store = storeOf(pdu);
  store.settle(settings("away"), { state: "connecting", since: 1 });
  const core = fakeCore([entity("away_ups_ups-charge"), entity("gone_ups_ups-charge"), entity("rack-pdu_outlet-99_outlet-on")]);
  const home = atHomeAssistant(core, { devices: () => store.devices(), published: () => ({ deviceIdentifiers: [], uniqueIds: [] }) });
  const left = ["rack-power_gone_ups_ups-charge", "rack-power_rack-pdu_outlet-99_outlet-on"];
  expect((await home.orphans())?.map(({ uniqueId }) => uniqueId)).toEqual(left);
  expect((await home.removeOrphans(["rack-power_away_ups_ups-charge", ...left]))?.map(({ uniqueId }) => uniqueId)).toEqual(left);
  expect(core.told.map(({ entity_id: id }) => id)).toEqual(["sensor.gone_ups_ups-charge", "sensor.rack-pdu_outlet-99_outlet-on"]);
});

test("without MQTT nobody knows what is left over, and nothing is asked", async () => {
  const home = atHomeAssistant({ call: () => Promise.reject(new Error("nobody asks")) }, { devices: () => [], published: () => undefined });
  expect([await home.orphans(), await home.removeOrphans(["rack-power_a"])]).toEqual([undefined, undefined]);
});
