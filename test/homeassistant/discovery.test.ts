import { expect, test } from "vitest";
import { systemClock } from "#platform/clock.ts";
import { openDatabase } from "#platform/database.ts";
import { startHomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";
import { bmc, online, pdu, settings, storeOf, ups } from "#test/publish/mqtt-device.ts";
import { startPublisher } from "#test/publish/mqtt-rig.ts";

const homeassistant = await pythonPackages("homeassistant");

describeWithPeer("what the broker tells", await debianPackages("mosquitto"), (mosquitto) => {
  describeWithPeer("to a real Home Assistant Core", homeassistant, (peer) => {
    test("becomes entities of the right class, unit and state, goes away again, and leaves no line in its log", async () => {
      await using broker = await startMosquitto(mosquitto);
      await using core = await startHomeAssistant(peer, { broker: { port: broker.port } });
      const store = storeOf(ups, pdu, bmc);
      store.settle(settings("broken"), { state: "quarantined", since: 1, detail: "rack.yaml:3:5: unknown driver" });
      await using publisher = startPublisher(
        store,
        { url: broker.url },
        openDatabase(":memory:", () => undefined),
        systemClock,
      );

      expect((await core.entity("switch.rack_pdu_outlet_1", "on")).attributes).toMatchObject({ device_class: "outlet", friendly_name: "Rack PDU Outlet 1" });
      await core.entity("switch.rack_pdu_outlet_4", "off");
      expect((await core.entity("binary_sensor.rack_pdu_outlet_3", "on")).attributes).toMatchObject({ device_class: "power", friendly_name: "Rack PDU NAS" });
      expect((await core.entity("sensor.rack_pdu_inlet_energy", "1234.568")).attributes).toMatchObject({
        device_class: "energy",
        state_class: "total_increasing",
        unit_of_measurement: "kWh",
      });
      expect((await core.entity("sensor.rack_pdu_outlet_3_power", "20")).attributes).toMatchObject({
        device_class: "power",
        state_class: "measurement",
        unit_of_measurement: "W",
      });
      await core.entity("sensor.rack_pdu_phase_1_power", "unknown");
      expect((await core.entity("sensor.office_ups_charge", "97")).attributes).toMatchObject({ device_class: "battery", unit_of_measurement: "%" });
      expect((await core.entity("sensor.office_ups_runtime", "1800")).attributes).toMatchObject({ device_class: "duration", unit_of_measurement: "s" });
      await core.entity("sensor.office_ups_status", "OL CHRG");
      await core.entity("binary_sensor.office_ups_on_battery", "off");
      await core.entity("sensor.office_ups_load", "0");
      await core.entity("switch.web", "on");
      await core.entity("binary_sensor.web_intrusion", "unknown");
      expect((await core.entity("sensor.web_sensor_temp_0_temperature", "41.3")).attributes).toMatchObject({
        device_class: "temperature",
        unit_of_measurement: "°C",
      });
      await core.entity("binary_sensor.rack_power_connection", "on");
      await core.entity("sensor.rack_power_devices_online", "3");
      expect((await core.entity("sensor.rack_power_devices_quarantined", "1")).attributes).toMatchObject({
        devices: { broken: "rack.yaml:3:5: unknown driver" },
      });
      await core.entity("binary_sensor.rack_power_problem", "on");

      const entities = (await core.entities()).filter(({ platform }) => platform === "mqtt");
      expect(entities).toHaveLength(7 + 30 + 174 + 72);
      expect(new Set(entities.map(({ unique_id: id }) => id)).size).toBe(entities.length);
      expect(entities.find(({ unique_id: id }) => id === "rack-power_web_sensor-fan:1_sensor-fanSpeed")).toMatchObject({
        disabled_by: "integration",
        entity_category: "diagnostic",
      });
      const devices = await core.devices();
      const id = (name: string): string | undefined => devices.find((device) => device.name === name)?.id;
      expect(devices.find(({ name }) => name === "Web server")).toMatchObject({ via_device_id: id("Rack PDU"), manufacturer: "Supermicro" });
      expect(devices.find(({ name }) => name === "Rack PDU")).toMatchObject({ via_device_id: id("Office UPS") });
      expect(devices.find(({ name }) => name === "Office UPS")).toMatchObject({ via_device_id: id("Rack Power") });

      await core.callService("switch", "turn_off", {}, { entity_id: ["switch.rack_pdu_outlet_1", "switch.web"] });
      await core.callService("button", "press", {}, { entity_id: "button.web_off" });
      await until(() => publisher.bus.submitted.length === 3, "three commands");
      expect(publisher.bus.submitted.map(({ name }) => name).sort()).toEqual(["chassis.off", "chassis.shutdown", "outlet.off"]);
      expect((await core.entity("switch.rack_pdu_outlet_1")).state).toBe("on");
      expect((await core.entity("event.rack_power_command")).attributes).toMatchObject({ event_type: "confirmed", by: "MQTT" });

      store.settle({ ...pdu.settings, parts: { "outlet/1": { name: "Router", lock: "locked" } } }, online);
      expect((await core.entity("binary_sensor.rack_pdu_outlet_1", "on")).attributes).toMatchObject({ friendly_name: "Rack PDU Router" });
      await until(() => core.states()["switch.rack_pdu_outlet_1"] === undefined, "no switch any more");
      store.describe("web", { parts: bmc.description.parts.filter((part) => part.id === "chassis") });
      await until(
        async () => !(await core.entities()).some(({ unique_id: unique }) => unique.includes("sensor-temp:0")),
        "the sensor is gone from the registry",
      );
      store.remove("office-ups");
      await until(async () => !(await core.devices()).some(({ name }) => name === "Office UPS"), "the UPS is gone from the registry");
      await until(
        async () => (await core.devices()).find(({ name }) => name === "Rack PDU")?.via_device_id === id("Rack Power"),
        "the PDU hangs at the program",
      );

      await core.restart();
      await core.entity("binary_sensor.rack_pdu_outlet_1", "on");
      await publisher[Symbol.asyncDispose]();
      await core.entity("switch.web", "unavailable");
      await core.entity("binary_sensor.rack_power_connection", "off");
      expect(await core.systemLog()).toEqual([]);
    });
  });
});
