import { expect, test } from "vitest";
import { createApcupsdDriver } from "#driver/apcupsd/apcupsd-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { allPoints, faultOf, type Opened, openUps, soon } from "#test/peer/nut-open.ts";
import { type ApcupsdDouble, smartUps, startApcupsd } from "#test/transport/apcupsd-double.ts";

const open = (server: ApcupsdDouble): Promise<Opened> => openUps({ port: server.port }, createApcupsdDriver(systemClock) as never);
const lost = { STATUS: "COMMLOST", STATFLAG: "0x05000108" };

test("says who the UPS is, of which parts, and reads all that it described", async () => {
  await using server = await startApcupsd();
  await using ups = await open(server);
  const { parts, ...who } = await ups.describe();
  expect(who).toEqual({ manufacturer: "APC", model: "Smart-UPS 1500", serial: "AS1907123456", firmware: "UPS 09.3 (ID18)" });
  expect(parts.flatMap(({ commands }) => commands)).toEqual([]);
  expect(parts.find(({ id }) => id === "variable/MINTIMEL")).toEqual({
    id: "variable/MINTIMEL",
    points: ["variable.number"],
    commands: [],
    limits: { unit: "s" },
  });
  const values = await ups.everything();
  expect(values.size).toBe(parts.flatMap(({ points }) => points).length);
  expect(Object.fromEntries(values)).toMatchObject({
    "ups ups.status": ["OL"],
    "ups ups.state": "online",
    "ups ups.communicationLost": false,
    "ups ups.onBattery": false,
    "ups ups.shutdownPending": false,
    "ups ups.load": 35.5,
    "ups ups.charge": 97,
    "ups ups.runtime": 2730,
    "ups ups.timeOnBattery": 0,
    "ups ups.lastTransfer": "2026-11-20T20:11:03+01:00",
    "ups ups.lastTransferReason": "Low line voltage",
    "ups ups.testResult": "Passed",
    "ups ups.batteryDate": "2023-03-01",
    "ups ups.nominalPower": 980,
    "ups ups.nominalApparentPower": 1440,
    "ups sensor.temperature": 24.6,
    "ambient sensor.temperature": -2.5,
    "ambient sensor.humidity": 40.1,
    "input meter.voltage": 231,
    "input meter.frequency": 50,
    "output meter.voltage": 230,
    "output meter.current": 1.9,
    "battery meter.voltage": 27.4,
    "variable/MINTIMEL variable.number": 180,
    "variable/SENSE variable.text": "High",
    "variable/XOFFBATT variable.text": "2026-11-20T20:11:33+01:00",
    "variable/EVENT variable.text": "2026-11-20 20:11:34 +0100 Power is back. UPS running on mains.",
  });
  // A limit that is switched off (-1) is no number, and what cannot be said is not promised.
  expect([...values.keys()].filter((key) => /MBATTCHG|charging|bypass|ups\.off/.test(key))).toEqual([]);
});

test("a poll asks once, and for the event log only when that is wanted", async () => {
  await using server = await startApcupsd();
  await using ups = await open(server);
  const wanted = allPoints(await ups.describe());
  expect(server.asked.splice(0)).toEqual(["status", "events"]);
  await ups.session.read(
    wanted.filter(({ part }) => part !== "variable/EVENT"),
    soon(),
  );
  expect(server.asked.splice(0)).toEqual(["status"]);
  await ups.session.read(wanted, soon());
  expect(server.asked.splice(0)).toEqual(["status", "events"]);
  expect(await ups.session.read([{ part: "outlet/1", point: "outlet.on" }], soon())).toEqual([]);
  expect(server.asked).toEqual([]);
});

test("COMMLOST: of the numbers that apcupsd goes on telling, none is shown, and the status is that it is lost", async () => {
  await using server = await startApcupsd();
  await using ups = await open(server);
  const wanted = allPoints(await ups.describe()).filter(({ part }) => part !== "variable/EVENT");
  server.fields = { ...smartUps, ...lost };
  expect(Object.fromEntries(await ups.read(...wanted))).toEqual({
    "ups ups.status": ["NOCOMM"],
    "ups ups.state": "communication-lost",
    "ups ups.communicationLost": true,
  });
  expect(ups.session.outdated).toBe(false);
  server.fields = { ...smartUps, STATUS: "SHUTTING DOWN", STATFLAG: "0x05060350" };
  expect(Object.fromEntries(await ups.read(...wanted))).toMatchObject({ "ups ups.state": "communication-lost", "ups ups.forcedShutdown": true });
  server.fields = smartUps;
  expect((await ups.read(...wanted)).size).toBe(wanted.length);
  expect(ups.session.outdated).toBe(false);
});

test("a UPS that was lost when it was described is described again when it is back", async () => {
  await using server = await startApcupsd();
  server.fields = { ...smartUps, ...lost };
  await using ups = await open(server);
  const description = await ups.describe();
  expect(description.parts.map(({ id }) => id)).toEqual(["ups", "variable/EVENT"]);
  await ups.read(...allPoints(description));
  expect(ups.session.outdated).toBe(false);
  server.fields = smartUps;
  expect((await ups.read(...allPoints(description))).get("ups ups.state")).toBe("online");
  expect(ups.session.outdated).toBe(true);
  expect((await ups.everything()).get("ups ups.charge")).toBe(97);
  expect(ups.session.outdated).toBe(false);
});

test("what was not told at first is described once it is, and what comes and goes does not make it over again", async () => {
  await using server = await startApcupsd();
  server.fields = { ...smartUps, BCHARGE: "N/A", HUMIDITY: undefined, NEWTHING: "5 Parsecs" };
  await using ups = await open(server);
  const before = await ups.everything();
  expect([before.has("ups ups.charge"), before.has("ambient sensor.humidity"), before.get("variable/NEWTHING variable.text")]).toEqual([
    false,
    false,
    "5 Parsecs",
  ]);
  server.fields = smartUps;
  await ups.read({ part: "ups", point: "ups.load" });
  expect(ups.session.outdated).toBe(true);
  const wanted = allPoints(await ups.describe());
  server.fields = { ...smartUps, BCHARGE: "N/A" };
  expect((await ups.read(...wanted)).has("ups ups.charge")).toBe(false);
  expect(ups.session.outdated).toBe(false);
});

test("transfers that have not yet happened are unknown, and are told when they have", async () => {
  await using server = await startApcupsd();
  server.fields = { ...smartUps, NUMXFERS: "0", XONBATT: undefined, XOFFBATT: "N/A", LASTXFER: undefined, LASTSTEST: undefined };
  await using ups = await open(server);
  const wanted = allPoints(await ups.describe());
  expect(wanted).toContainEqual({ part: "ups", point: "ups.lastTransfer" });
  expect((await ups.read(...wanted)).has("ups ups.lastTransfer")).toBe(false);
  server.fields = { ...smartUps, STATUS: "ONBATT", STATFLAG: "0x05060010", XOFFBATT: "N/A" };
  const values = await ups.read(...wanted);
  expect(values.get("ups ups.lastTransfer")).toBe("2026-11-20T20:11:03+01:00");
  expect(values.get("ups ups.onBattery")).toBe(true);
  expect(ups.session.outdated).toBe(false);
});

test.for([
  [{ SERIALNO: "AS2001000001" }, "serial number AS2001000001 instead of AS1907123456"],
  [{ MODEL: "Back-UPS 700" }, "model Back-UPS 700 instead of Smart-UPS 1500"],
] as const)("a UPS that was replaced (%j) ends the session, and says so", async ([other, why]) => {
  await using server = await startApcupsd();
  await using ups = await open(server);
  const wanted = allPoints(await ups.describe());
  server.fields = { ...smartUps, ...other };
  const fault = await faultOf(ups.session.read(wanted, soon()));
  expect(fault.kind).toBe("unreachable");
  expect(fault.message).toContain(why);
  await using next = await open(server);
  expect((await next.everything()).size).toBe(wanted.length);
});

test("other firmware is described anew, on the same session; an unknown serial number is no other UPS", async () => {
  await using server = await startApcupsd();
  await using ups = await open(server);
  await ups.describe();
  server.fields = { ...smartUps, FIRMWARE: "UPS 10.0", SERIALNO: undefined };
  await ups.read({ part: "ups", point: "ups.load" });
  expect(ups.session.outdated).toBe(true);
  expect(await ups.describe()).toMatchObject({ firmware: "UPS 10.0" });
});

test("an answer that is no status is malformed, and an event log that is none is left out", async () => {
  await using server = await startApcupsd();
  server.events = ["Invalid command"];
  await using ups = await open(server);
  expect((await ups.describe()).parts.some(({ id }) => id === "variable/EVENT")).toBe(false);
  server.fields = { HELLO: "world" };
  expect(await faultOf(ups.describe())).toMatchObject({ kind: "malformed" });
});

test("an event log that cannot be had takes nothing else away", async () => {
  await using server = await startApcupsd();
  await using ups = await open(server);
  const wanted = allPoints(await ups.describe());
  server.refused = "events";
  expect((await ups.read(...wanted)).size).toBe(wanted.length - 1);
  expect((await ups.describe()).parts.some(({ id }) => id === "variable/EVENT")).toBe(false);
});

test("a server that invents names without end fills nothing, and two names for one part are one", async () => {
  await using server = await startApcupsd();
  server.fields = { ...smartUps, "A B": "1", "A-B": "2", ...Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`N${at}`, "1"])) };
  await using ups = await open(server);
  const { parts } = await ups.describe();
  expect(parts.length).toBeLessThanOrEqual(130);
  for (const { points } of parts) expect(new Set(points).size).toBe(points.length);
  await ups.read({ part: "ups", point: "ups.load" });
  expect(ups.session.outdated).toBe(false);
});

test("an old apcupsd's report: what it writes otherwise is read all the same", async () => {
  await using server = await startApcupsd();
  server.fields = {
    MODEL: "PowerThing 450",
    STATUS: "ONLINE",
    LOADPCT: "44.8 Percent Load Capacity",
    ITEMP: "49.0 C Internal",
    ALARMDEL: "5 seconds",
    XONBATT: "Wed Apr 10 00:52:03 PDT 2002",
    NUMXFERS: "2",
    STATFLAG: "0x008 Status Flag",
    NOMOUTV: "115",
    HUMIDITY: "N/A",
  };
  await using ups = await open(server);
  expect(await ups.describe()).not.toHaveProperty("manufacturer");
  const values = await ups.everything();
  expect(values.get("ups ups.load")).toBe(44.8);
  expect(values.get("ups sensor.temperature")).toBe(49);
  expect(values.get("variable/NOMOUTV variable.number")).toBe(115);
  // Without an offset in it, it is no moment.
  expect(values.has("ups ups.lastTransfer")).toBe(false);
  expect(values.has("ambient sensor.humidity")).toBe(false);
});
