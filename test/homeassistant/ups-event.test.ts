import { expect, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import { systemClock } from "#platform/clock.ts";
import { openDatabase } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { startMqtt } from "#publish/mqtt/publisher.ts";
import { upsRig } from "#test/engine/ups-double.ts";
import { startHomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";

const { together, peers } = await gatherPeers({ mosquitto: debianPackages("mosquitto"), core: pythonPackages("homeassistant") });

/** Time as it passes. */
const clock = { ...systemClock, step: () => undefined, [Symbol.dispose]: () => undefined };
const values = { "ups ups.charge": 97, "ups ups.load": 50, "ups ups.nominalPower": 900, "input meter.voltage": 230 };

describeWithPeer("a UPS in a real Home Assistant Core", together, () => {
  test("tells what happens to it, also while it is away; what is not known is unknown there; the log stays clean", async () => {
    await using broker = await startMosquitto(peers.mosquitto);
    await using core = await startHomeAssistant(peers.core, { broker: { port: broker.port } });
    const database = openDatabase(":memory:", () => undefined);
    await using rig = await upsRig({ words: "OL CHRG", values }, { name: "Office UPS", interval: 0.3, onBatteryAfter: 1 }, database, clock);
    const { store, engine, ups } = rig;
    await using _mqtt = startMqtt(
      { url: broker.url, clientId: "rack-power-test" },
      { store, bus: engine.bus, events: engine.events, log: createLog("error"), clock: systemClock, database, version: "1.2.3" },
    );
    const event = (): { readonly state: string; readonly attributes: Readonly<Record<string, unknown>> } | undefined => core.states()["event.ups_event"];

    await core.entity("event.ups_event", "unknown");
    await core.entity("sensor.ups_state", "online");
    await core.entity("binary_sensor.ups_on_battery_held", "off");
    expect((await core.entity("sensor.ups_output_power", "450")).attributes).toMatchObject({ derived: true, device_class: "power" });
    await core.entity("sensor.ups_last_transfer", "unknown");

    ups.words = "OB DISCHRG";
    ups.values = { ...values, "input meter.voltage": 0 };
    await core.entity("binary_sensor.ups_on_battery", "on");
    await core.entity("binary_sensor.ups_on_battery_held", "on");
    await until(() => event()?.attributes["event_type"] === "on-battery", "the event");
    expect(event()?.attributes).toMatchObject({ message: "on battery", status: "OB DISCHRG", reason: "input failed", friendly_name: "Office UPS Event" });
    expect(event()?.attributes["event_types"]).toContain("flicker");
    const { state, attributes } = await core.entity("sensor.ups_last_transfer");
    expect(attributes["device_class"]).toBe("timestamp");
    expect(Math.abs(Date.now() - Date.parse(state))).toBeLessThan(60_000);
    await core.entity("sensor.ups_last_transfer_reason", "input failed");

    ups.dead = new Fault("unreachable", "the cable was pulled");
    await core.entity("sensor.ups_state", "unavailable");
    await until(() => event()?.attributes["event_type"] === "communication-lost", "the loss");
    expect(event()?.state).not.toBe("unavailable");

    ups.words = "OL";
    ups.dead = undefined;
    await core.entity("sensor.ups_state", "online", 20_000);
    await until(() => event()?.attributes["event_type"] === "on-line", "the mains");
    expect(rig.events.map(({ type }) => type)).toEqual(["on-battery", "communication-lost", "communication-restored", "on-line"]);

    ups.words = "TRIM";
    await core.entity("binary_sensor.ups_on_battery", "unknown");
    await core.entity("binary_sensor.ups_on_battery_held", "unknown");
    await core.entity("sensor.ups_state", "unknown");

    await until(() => Number(core.states()["sensor.ups_output_energy"]?.state) >= 0, "an energy");
    const { "sensor.ups_output_energy": rows = [] } = await core.statistics("sensor.ups_output_energy");
    expect(rows).toHaveLength(1);
    expect(await core.systemLog()).toEqual([]);
  });
});
