import { expect, test } from "vitest";
import { z } from "zod";
import type { Value } from "#domain/capability.ts";
import type { Driver } from "#driver/contract.ts";
import { Engine } from "#engine/engine.ts";
import { systemClock } from "#platform/clock.ts";
import { openDatabase } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { startMqtt } from "#publish/mqtt/publisher.ts";
import type { PartDescription, Reading } from "#domain/device.ts";
import { createStore } from "#store/store.ts";
import { key, obey, toldSession, type ToldDouble } from "#test/engine/told-double.ts";
import { startHomeAssistant, type HomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";
import { tuned } from "#test/publish/mqtt-device.ts";

const { together, peers } = await gatherPeers({ mosquitto: debianPackages("mosquitto"), core: pythonPackages("homeassistant") });

/** What the device itself says; what is worked out, the engine adds. */
const own: PartDescription = {
  ...(tuned.description.parts[0] ?? expect.fail("no part")),
  points: ["ups.onBattery", "ups.charge", "ups.load", "ups.nominalPower", "ups.off"],
  derived: [],
};
const parts = [own, ...tuned.description.parts.slice(1)];
const readings: readonly Reading[] = [
  ...tuned.readings,
  { part: "ups", point: "ups.onBattery", value: false },
  { part: "ups", point: "ups.load", value: 20 },
  { part: "ups", point: "ups.nominalPower", value: 700 },
];

/** The whole program from the engine to the broker, with one UPS in memory. */
const startTuned = (url: string): AsyncDisposable & { readonly engine: Engine; readonly ups: ToldDouble } => {
  const database = openDatabase(":memory:", () => undefined);
  const log = createLog("error", () => undefined);
  const store = createStore();
  const engine = new Engine({ store, database, clock: systemClock, log });
  const values = readings.map(({ part, point, value }): [string, Value] => [key(part, point), value]);
  const ups: ToldDouble = { values: new Map(values), writes: [], act: obey };
  const open = async (): ReturnType<Driver["open"]> => toldSession(ups, parts);
  engine.start({
    settings: { ...tuned.settings, interval: 1 },
    driver: { name: "sample", options: z.unknown(), endpoint: () => "one", parallel: 1, open },
    options: {},
  });
  const mqtt = startMqtt(
    { url, clientId: "rack-power-test" },
    { store, bus: engine.bus, events: engine.events, log, clock: systemClock, database, version: "1.2.3" },
  );
  const dispose = async (): Promise<void> => {
    await mqtt[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  };
  return { engine, ups, [Symbol.asyncDispose]: dispose };
};

/** As a person does who wants them, and who does not wait for the half minute after which Core looks by itself. */
const enableAll = async (core: HomeAssistant): Promise<number> => {
  const disabled = (await core.entities()).filter((one) => one.platform === "mqtt" && one.disabled_by !== null);
  for (const { entity_id } of disabled) await core.send({ type: "config/entity_registry/update", entity_id, disabled_by: null });
  const entries = await core.send<readonly { readonly entry_id: string }[]>({ type: "config_entries/get", domain: "mqtt" });
  await core.callService("homeassistant", "reload_config_entry", { entry_id: entries[0]?.entry_id });
  return disabled.length;
};

describeWithPeer("variables of a UPS in a real Home Assistant Core", together, () => {
  test("appear as number, select, text and sensor; what is set there reaches the device and is confirmed; the log stays clean", async () => {
    await using broker = await startMosquitto(peers.mosquitto);
    await using core = await startHomeAssistant(peers.core, { broker: { port: broker.port } });
    await using program = startTuned(broker.url);
    const { ups, engine } = program;

    expect((await core.entity("sensor.lab_ups_output_power", "140")).attributes).toMatchObject({ derived: true, unit_of_measurement: "W" });
    expect((await core.entity("sensor.lab_ups_charge", "97")).attributes).not.toHaveProperty("derived");
    await until(async () => (await core.entities()).some(({ unique_id: id }) => id.includes("battery.packs")), "the last variable is registered");
    expect(Object.keys(core.states()).filter((id) => /^(number|select|text)\./.test(id))).toEqual([]);
    expect(await enableAll(core)).toBeGreaterThanOrEqual(10);

    expect((await core.entity("number.lab_ups_ups_delay_start", "20")).attributes).toMatchObject({
      friendly_name: "Lab UPS Start delay",
      min: 0,
      max: 600,
      step: 5,
      mode: "box",
      unit_of_measurement: "s",
    });
    await core.entity("number.lab_ups_input_transfer_low", "184.5");
    await core.entity("number.lab_ups_battery_runtime_low", "unknown");
    await core.entity("select.lab_ups_input_sensitivity", "mid \"}} 'quoted'");
    await core.entity("select.lab_ups_ups_start_auto", "unknown");
    await core.entity("text.lab_ups_ups_id", "rack 2");
    await core.entity("text.lab_ups_ups_contact", "");
    await core.entity("sensor.lab_ups_battery_charge_low", "20");
    await core.entity("sensor.lab_ups_ups_mfr_date", "2021-04-01");
    expect((await core.entity("sensor.lab_ups_battery_packs", "2")).attributes).toMatchObject({ unit_of_measurement: "packs" });
    const category = new Map((await core.entities()).map((one) => [one.entity_id, one.entity_category]));
    expect(["number.lab_ups_ups_delay_start", "sensor.lab_ups_battery_charge_low"].map((id) => category.get(id))).toEqual(["config", "diagnostic"]);

    await core.callService("number", "set_value", { value: 120 }, { entity_id: "number.lab_ups_ups_delay_start" });
    await core.entity("number.lab_ups_ups_delay_start", "120");
    await core.callService("number", "set_value", { value: 185.5 }, { entity_id: "number.lab_ups_input_transfer_low" });
    await core.entity("number.lab_ups_input_transfer_low", "185.5");
    await core.callService("select", "select_option", { option: "high" }, { entity_id: "select.lab_ups_input_sensitivity" });
    await core.entity("select.lab_ups_input_sensitivity", "high");
    await core.callService("text", "set_value", { value: 'ü"}} \\' }, { entity_id: "text.lab_ups_ups_id" });
    await core.entity("text.lab_ups_ups_id", 'ü"}} \\');
    expect(ups.writes).toEqual([
      ["variable.set", 120],
      ["variable.set", 185.5],
      ["variable.set", "high"],
      ["variable.set", 'ü"}} \\'],
    ]);
    expect(engine.bus.outcomes({ limit: 4 }).map(({ state }) => state)).toEqual(["confirmed", "confirmed", "confirmed", "confirmed"]);

    // Between two steps of the device: Core lets it pass, we do not.
    await core.callService("number", "set_value", { value: 7 }, { entity_id: "number.lab_ups_ups_delay_start" });
    await core.callService("mqtt", "publish", { topic: "rack-power/lab-ups/ups/command", payload: "ups.loadOff" });
    await until(() => engine.bus.outcomes({ limit: 10 }).length === 6, "two more outcomes");
    expect(engine.bus.outcomes({ limit: 2 })).toMatchObject([{ refusal: "confirmation-needed" }, { refusal: "wrong-value", command: { value: 7 } }]);
    expect(ups.writes).toHaveLength(4);
    expect((await core.entities()).filter(({ entity_id: id }) => id.startsWith("button.")).map(({ entity_id: id }) => id)).toEqual(["button.lab_ups_load_on"]);
    expect(await core.systemLog()).toEqual([]);
  });
});
