import { expect, test } from "vitest";
import { createApcupsdDriver } from "#driver/apcupsd/apcupsd-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { type EngineRig, startEngine } from "#test/peer/engine-rig.ts";
import { until } from "#test/peer/until.ts";
import { type ApcupsdDouble, smartUps, startApcupsd } from "#test/transport/apcupsd-double.ts";

const start = async (rig: EngineRig, { port }: ApcupsdDouble): Promise<void> => {
  const driver = createApcupsdDriver(systemClock);
  const settings = { id: "ups", driver: "apcupsd", fedBy: [], interval: 0.1, parts: {} };
  rig.engine.start({ settings, driver, options: driver.options.parse({ host: "127.0.0.1", port }) });
  await rig.online("ups");
};
const lost = { ...smartUps, STATUS: "COMMLOST", STATFLAG: "0x05000108" };

test("COMMLOST on battery: at once nothing is known but that, and all of it again when the UPS is back", async () => {
  await using server = await startApcupsd({ ...smartUps, STATUS: "ONBATT", STATFLAG: "0x05060010" });
  await using rig = startEngine();
  await start(rig, server);
  expect(rig.value("ups", "ups", "ups.onBattery")).toBe(true);
  expect(rig.value("ups", "ups", "ups.charge")).toBe(97);
  server.fields = lost;
  await until(() => rig.value("ups", "ups", "ups.communicationLost") === true, "lost");
  expect(rig.value("ups", "ups", "ups.state")).toBe("communication-lost");
  for (const point of ["ups.onBattery", "ups.charge", "ups.load", "ups.runtime"] as const) expect(rig.value("ups", "ups", point)).toBeUndefined();
  expect(rig.value("ups", "input", "meter.voltage")).toBeUndefined();
  expect(rig.state("ups")).toBe("online");
  server.fields = smartUps;
  await until(() => rig.value("ups", "ups", "ups.charge") === 97, "back");
  expect(rig.value("ups", "ups", "ups.onBattery")).toBe(false);
});

test("a UPS that apcupsd had lost at the start has all its parts when it comes, on the same connection", async () => {
  await using server = await startApcupsd(lost);
  await using rig = startEngine();
  await start(rig, server);
  expect(rig.value("ups", "ups", "ups.state")).toBe("communication-lost");
  expect(rig.value("ups", "input", "meter.voltage")).toBeUndefined();
  server.fields = smartUps;
  await until(() => rig.value("ups", "input", "meter.voltage") === 231, "the input is read");
  expect(rig.value("ups", "variable/SENSE", "variable.text")).toBe("High");
  expect(rig.lines.filter((line) => line.includes("trying again"))).toEqual([]);
});

test("another UPS: the log says so once, and the new one is described", async () => {
  await using server = await startApcupsd();
  await using rig = startEngine();
  await start(rig, server);
  server.fields = { ...smartUps, SERIALNO: "XX2026000001", BCHARGE: "12.0 Percent", ITEMP: undefined };
  await until(() => rig.value("ups", "ups", "ups.charge") === 12, "the new UPS is read");
  expect(rig.value("ups", "ups", "sensor.temperature")).toBeUndefined();
  expect(rig.lines.filter((line) => line.includes("serial number XX2026000001 instead of AS1907123456"))).toHaveLength(1);
});
