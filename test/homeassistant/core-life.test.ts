import { afterAll, beforeAll, expect, test } from "vitest";

import { Secret } from "#domain/secret.ts";
import { addToEnergyDashboard, energyAdditions } from "#homeassistant/energy-dashboard.ts";
import { watchLanguage, type LanguageWatch } from "#homeassistant/language.ts";
import { orphans, removeOrphans } from "#homeassistant/orphan.ts";
import { systemClock } from "#platform/clock.ts";
import { openDatabase } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { energySensors } from "#publish/mqtt/energy-sensor.ts";
import { startHomeAssistant, type HomeAssistant, type RegistryEntity } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";
import { bmc, pdu, storeOf, ups } from "#test/publish/mqtt-device.ts";
import { startPublisher, type Publisher } from "#test/publish/mqtt-rig.ts";
import type { Store } from "#store/store.ts";
import { openCore, type CoreConnection } from "#transport/homeassistant/core-connection.ts";

const { together, peers } = await gatherPeers({ mosquitto: debianPackages("mosquitto"), core: pythonPackages("homeassistant") });
const never = new AbortController().signal;

describeWithPeer("what we ask of a real Home Assistant besides MQTT", together, () => {
  let broker: Mosquitto;
  let core: HomeAssistant;
  let connection: CoreConnection;
  let store: Store;
  let publisher: Publisher;
  let language: LanguageWatch;
  const ours = async (): Promise<readonly RegistryEntity[]> => (await core.entities()).filter(({ unique_id: id }) => id.startsWith("rack-power"));
  const ids = (list: readonly RegistryEntity[]): readonly string[] => list.map((one) => `${one.id} ${one.unique_id} ${one.entity_id}`).toSorted();
  const database = openDatabase(":memory:", () => undefined);
  const publish = (): Publisher => startPublisher(store, { url: broker.url }, database, systemClock, () => language.language);

  beforeAll(async () => {
    broker = await startMosquitto(peers.mosquitto);
    core = await startHomeAssistant(peers.core, { broker: { port: broker.port } });
    const log = createLog("error", () => undefined);
    connection = openCore({ url: core.url, token: new Secret(core.token), clock: systemClock, log });
    language = watchLanguage(connection, log, () => publisher?.mqtt.languageChanged());
    store = storeOf(ups, pdu, bmc);
    publisher = publish();
    await core.entity("sensor.rack_pdu_inlet_energy", "1234.568");
    await core.entity("sensor.rack_pdu_outlet_3_power", "20");
    await core.entity("switch.web", "on");
    await core.entity("sensor.rack_power_devices_online", "3");
  });
  afterAll(async () => {
    await publisher?.[Symbol.asyncDispose]();
    await language?.[Symbol.asyncDispose]();
    await connection?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  test("names follow its language, and neither unique nor entity ids", async () => {
    const before = await ours();
    expect(before.length).toBeGreaterThan(250);
    await core.send({ type: "config/core/update", language: "de" });
    await until(
      async () => (await core.entity("sensor.office_ups_charge")).attributes.friendly_name === "Office UPS Batterieladung",
      "the name is German",
      20_000,
    );
    await until(async () => (await core.entity("sensor.rack_pdu_inlet_energy")).attributes.friendly_name === "Rack PDU Einspeisung Energie", "all are", 20_000);
    await until(async () => (await ours()).find(({ unique_id: id }) => id === "rack-power_version")?.original_name === "Version", "the program's own too");
    expect(ids(await ours())).toEqual(ids(before));
    const renamed = (await ours()).filter((one) => one.original_name !== before.find(({ id }) => id === one.id)?.original_name).length;
    expect(renamed).toBeGreaterThan(before.length / 2);
  });

  test("a start in between knows the language already: nothing turns English and back", async () => {
    await publisher[Symbol.asyncDispose]();
    const { clientId: _none, ...seen } = { clientId: "", names: new Set<unknown>() };
    const watching = connection.subscribe({ type: "subscribe_entities", entity_ids: ["sensor.office_ups_charge"] }, (event) => {
      const { a = {}, c = {} } = event as {
        a?: Record<string, { a: { friendly_name?: string } }>;
        c?: Record<string, { "+"?: { a?: { friendly_name?: string } } }>;
      };
      for (const one of [...Object.values(a).map((state) => state.a), ...Object.values(c).map((state) => state["+"]?.a)])
        if (one?.friendly_name) seen.names.add(one.friendly_name);
    });
    publisher = startPublisher(store, { url: broker.url }, database, systemClock, () => undefined);
    publisher.mqtt.republish();
    await core.entity("sensor.office_ups_charge", "97");
    await until(() => seen.names.size > 0 && publisher.mqtt.status().state === "connected", "it is published again");
    await until(() => core.states()["binary_sensor.rack_power_connection"]?.state === "on", "all is said");
    await (await watching)[Symbol.asyncDispose]();
    expect([...seen.names]).toEqual(["Office UPS Batterieladung"]);
  });

  test("the Energy dashboard gets our counters, each once, within what counts them too; what is there stays", async () => {
    const sensors = energySensors(store.devices());
    expect(sensors.length).toBeGreaterThan(2);
    const first = await energyAdditions(connection, sensors, never);
    expect(first).toContainEqual({ stat_consumption: "sensor.rack_pdu_inlet_energy", stat_rate: "sensor.rack_pdu_inlet_power" });
    expect(first).toContainEqual({
      stat_consumption: "sensor.rack_pdu_outlet_3_energy",
      stat_rate: "sensor.rack_pdu_outlet_3_power",
      included_in_stat: "sensor.rack_pdu_inlet_energy",
    });
    expect(await addToEnergyDashboard(connection, sensors, [], never)).toEqual([]);
    await expect(core.send({ type: "energy/get_prefs" })).rejects.toMatchObject({ code: "not_found" });
    const grid = { type: "grid", stat_energy_from: "sensor.house", stat_energy_to: null, cost_adjustment_day: 0 };
    const fridge = { stat_consumption: "sensor.fridge", name: "Fridge" };
    await core.send({
      type: "energy/save_prefs",
      energy_sources: [grid],
      device_consumption: [fridge],
      device_consumption_water: [{ stat_consumption: "sensor.water" }],
    });
    const before = await core.send<Record<string, unknown>>({ type: "energy/get_prefs" });
    const some = ["sensor.rack_pdu_outlet_3_energy", "sensor.not_ours"];
    // Its total was not agreed to.
    expect(await addToEnergyDashboard(connection, sensors, some, never)).toEqual([
      { stat_consumption: "sensor.rack_pdu_outlet_3_energy", stat_rate: "sensor.rack_pdu_outlet_3_power" },
    ]);
    const all = first.map(({ stat_consumption: id }) => id);
    expect((await addToEnergyDashboard(connection, sensors, all, never)).length).toBe(first.length - 1);
    expect(await addToEnergyDashboard(connection, sensors, all, never)).toEqual([]);
    expect(await energyAdditions(connection, sensors, never)).toEqual([]);
    const after = await core.send<Record<string, unknown> & { device_consumption: readonly { stat_consumption: string }[] }>({ type: "energy/get_prefs" });
    expect({ ...after, device_consumption: 0 }).toEqual({ ...before, device_consumption: 0 });
    expect(after.device_consumption[0]).toEqual(fridge);
    expect(after.device_consumption.length).toBe(1 + first.length);
    expect(new Set(after.device_consumption.map(({ stat_consumption: id }) => id)).size).toBe(1 + first.length);
    const valid = await core.send<{ device_consumption: readonly (readonly { type: string; affected_entities: readonly (readonly [string])[] }[])[] }>({
      type: "energy/validate",
    });
    const complaints = valid.device_consumption.flat().flatMap(({ type, affected_entities: entities }) => entities.map(([id]) => `${type} ${id}`));
    expect(
      complaints.filter((line) => line.includes("rack_pdu") && !line.startsWith("recorder_untracked") && !line.startsWith("statistics_not_defined")),
    ).toEqual([]);
  });

  test("what nobody publishes any more is an orphan, living and disabled entities of another Rack Power are none", async () => {
    await until(() => publisher.mqtt.published().uniqueIds.length > 250, "all is published");
    expect(await orphans(connection, publisher.mqtt.published(), never)).toEqual([]);
    const topic = "homeassistant/device/rack-power_cellar/config";
    const component = (id: string, more: object = {}): object => ({
      platform: "sensor",
      unique_id: `rack-power_cellar_${id}`,
      name: id,
      state_topic: "cellar",
      ...more,
    });
    const document = {
      device: { identifiers: ["rack-power_cellar"], name: "Cellar" },
      origin: { name: "another" },
      components: { a: component("a"), b: component("b", { enabled_by_default: false }) },
    };
    const { connectAsync } = await import("mqtt");
    const other = await connectAsync(broker.url, { protocolVersion: 5 });
    await other.publishAsync(topic, JSON.stringify(document), { retain: true });
    await until(async () => (await core.entities()).filter(({ unique_id: id }) => id.startsWith("rack-power_cellar")).length === 2, "the other's are there");
    expect(await orphans(connection, publisher.mqtt.published(), never)).toEqual([]);
    // It ends without a word while Core is away: that is how they are left over.
    await core.stop();
    await other.publishAsync(topic, "", { retain: true });
    await other.endAsync();
    await core.start();
    await until(() => connection.state.state === "connected", "the connection is back", 30_000);
    await core.entity("sensor.office_ups_charge", "97", 30_000);
    const left = await until(
      async () => {
        const found = await orphans(connection, publisher.mqtt.published(), never);
        return found.length === 2 && found;
      },
      "two are left over",
      30_000,
    );
    expect(left.map(({ uniqueId }) => uniqueId).toSorted()).toEqual(["rack-power_cellar_a", "rack-power_cellar_b"]);
    const before = await core.entities();
    expect(await removeOrphans(connection, publisher.mqtt.published(), ["rack-power_cellar_a", "rack-power_office-ups_ups_ups-charge"], never)).toEqual(
      left.filter(({ uniqueId }) => uniqueId.endsWith("_a")),
    );
    const gone = (await core.entities()).length;
    expect(before.length - gone).toBe(1);
    expect((await removeOrphans(connection, publisher.mqtt.published(), ["rack-power_cellar_b"], never)).length).toBe(1);
    expect(await orphans(connection, publisher.mqtt.published(), never)).toEqual([]);
    expect(language.language).toBe("de");
    expect(await core.systemLog()).toEqual([]);
  });
});
