import { expect, test } from "vitest";
import { upsStatus } from "#domain/ups-status.ts";
import { openUps, faultOf } from "./nut-open.ts";
import { startUpsd } from "./nut-server-rig.ts";
import type { SocketDriverOptions } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const admin = { username: "admin", password: "correct horse" };

/** A UPS with two outlets as an Eaton shows itself, with some of the oddities that drivers have. */
const office: SocketDriverOptions = {
  variables: {
    "ups.status": "ALARM OB DISCHRG VENDORWORD LB",
    "battery.charge": "071.5",
    "battery.runtime": "65535",
    "ups.load": "0",
    "battery.voltage": "24.84",
    "battery.temperature": "N/A",
    "ups.beeper.status": "enabled",
    "ups.test.result": 'In "progress" \\ 2',
    "ups.realpower": "300",
    "output.realpower": "301",
    "ups.power": "410",
    "output.voltage": "230.0",
    "input.voltage": "0.0",
    "input.frequency": "",
    "input.transfer.low": "184",
    "ambient.temperature": "-1",
    "outlet.0.status": "on",
    "outlet.1.status": "on",
    "outlet.1.desc": "NAS",
    "outlet.1.name": "A1",
    "outlet.1.realpower": "41",
    "outlet.2.status": "off",
    "outlet.2.switchable": "no",
    "device.mfr": "EATON",
    "ups.mfr": "old name",
    "device.model": "Ellipse PRO",
    "device.serial": "G0815",
    "ups.firmware": "03.08",
    "device.macaddr": "00:20:85:F5:89:27",
    "driver.name": "rig",
  },
  commands: [
    "test.battery.start.quick",
    "test.battery.start.deep",
    "test.battery.stop",
    "beeper.enable",
    "beeper.disable",
    "beeper.mute",
    "shutdown.return",
    "shutdown.stayoff",
    "shutdown.stop",
    "load.off",
    "load.on",
    "driver.killpower",
    ...["outlet.0", "outlet.1", "outlet.2"].flatMap((outlet) => ["on", "off", "cycle"].map((verb) => `${outlet}.load.${verb}`)),
  ],
};

describeWithPeer("a UPS on a real upsd", await debianPackages("nut-server"), (peer) => {
  test("says who it is, of which parts, and what this login may command", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using ups = await openUps({ port: upsd.port, ups: "office", ...admin });
    const { parts, ...who } = await ups.describe();
    expect(who).toEqual({ manufacturer: "EATON", model: "Ellipse PRO", serial: "G0815", firmware: "03.08", mac: ["00:20:85:f5:89:27"] });
    const commands = Object.fromEntries(parts.map((part) => [part.id, part.commands]));
    expect(commands).toEqual({
      "variable/driver.name": [],
      "variable/input.transfer.low": [],
      "variable/outlet.0.status": [],
      "variable/ups.realpower": [],
      ambient: [],
      battery: [],
      input: [],
      "outlet/1": ["outlet.on", "outlet.off", "outlet.cycle"],
      "outlet/2": [],
      output: [],
      ups: [
        "ups.test",
        "ups.testDeep",
        "ups.testStop",
        "ups.beeperOn",
        "ups.beeperOff",
        "ups.beeperMute",
        "ups.shutdownReturn",
        "ups.shutdownStayOff",
        "ups.shutdownStop",
        "ups.loadOn",
        "ups.loadOff",
      ],
    });
    expect(parts.find(({ id }) => id === "outlet/1")?.label).toBe("NAS");
  });

  test("reads every value as the device means it: zero is zero, what is not known is absent, words stay as they came", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using ups = await openUps({ port: upsd.port, ups: "office" });
    const status = upsStatus("ups", ["ALARM", "OB", "DISCHRG", "VENDORWORD", "LB"]);
    expect(status.find(({ point }) => point === "ups.state")?.value).toBe("low-battery");
    expect(Object.fromEntries(await ups.everything())).toEqual({
      ...Object.fromEntries(status.map(({ part, point, value }) => [`${part} ${point}`, value])),
      "ups ups.charge": 71.5,
      "ups ups.load": 0,
      "ups ups.beeper": "enabled",
      "ups ups.testResult": 'In "progress" \\ 2',
      "output meter.power": 301,
      "output meter.apparentPower": 410,
      "output meter.voltage": 230,
      "input meter.voltage": 0,
      "battery meter.voltage": 24.84,
      "ambient sensor.temperature": -1,
      "outlet/1 outlet.on": true,
      "outlet/1 outlet.label": "NAS",
      "outlet/1 meter.power": 41,
      "outlet/2 outlet.on": false,
      "variable/driver.name variable.text": "rig",
      "variable/input.transfer.low variable.number": 184,
      "variable/outlet.0.status variable.text": "on",
      "variable/ups.realpower variable.number": 300,
    });
  });

  test("reads one or two points by themselves, and follows what changes", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using ups = await openUps({ port: upsd.port, ups: "office" });
    await ups.describe();
    const wanted = [
      { part: "outlet/1", point: "outlet.on" },
      { part: "ups", point: "ups.lowBattery" },
    ] as const;
    expect(Object.fromEntries(await ups.read(...wanted))).toEqual({ "outlet/1 outlet.on": true, "ups ups.lowBattery": true });
    upsd.driver("office").set({ "outlet.1.status": "off", "ups.status": "OL" });
    await until(async () => (await ups.read(...wanted)).get("outlet/1 outlet.on") === false, "the outlet reads off");
    expect((await ups.read(...wanted)).get("ups ups.lowBattery")).toBe(false);
    upsd.driver("office").remove("outlet.1.status");
    await until(async () => !(await ups.read(...wanted)).has("outlet/1 outlet.on"), "a variable that has gone is left out");
  });

  test.for([{}, { username: "admin" }])("with %j alone nothing is offered, and nothing can be commanded", async (login) => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using ups = await openUps({ port: upsd.port, ups: "office", ...login });
    expect((await ups.describe()).parts.flatMap(({ commands }) => commands)).toEqual([]);
    expect(await faultOf(ups.execute("ups", "ups.beeperMute"))).toMatchObject({ kind: "unsupported", written: false });
    expect(upsd.driver("office").given).toEqual([]);
  });

  test("a wrong name of the UPS is told with the names there are", async () => {
    await using upsd = await startUpsd(peer, { upses: { office, lab: undefined } });
    await using ups = await openUps({ port: upsd.port, ups: "offce" });
    const fault = await faultOf(ups.describe());
    expect(fault.kind).toBe("unsupported");
    expect(fault.message).toContain('has no UPS "offce"; it has "office", "lab"');
  });
});
