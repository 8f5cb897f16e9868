import { expect, test } from "vitest";
import { faultOf, openUps, soon } from "./nut-open.ts";
import { startUpsd } from "./nut-server-rig.ts";
import type { Outcome } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";

const admin = { username: "admin", password: "correct horse" };
const muter = { username: "muter", password: "mute" };

/** Each command ends in its own way. */
const ends: Readonly<Record<string, Outcome>> = { "load.on": 0, "load.off": 1, "beeper.mute": 2, "shutdown.stop": 3, "shutdown.return": "silence" };
const rack = { upses: { rack: { variables: { "ups.status": "OL" }, commands: Object.keys(ends), obey: (name: string) => ends[name] ?? 0 } } };

const delayable = [
  "load.off",
  "load.on",
  "load.off.delay",
  "load.on.delay",
  "shutdown.return",
  "shutdown.stayoff",
  "shutdown.stop",
  "calibrate.start",
  "calibrate.stop",
];

describeWithPeer("commands to a real upsd", await debianPackages("nut-server"), (peer) => {
  test("a command is done when its driver says so", async () => {
    await using upsd = await startUpsd(peer, rack);
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    await ups.execute("ups", "ups.loadOn");
    expect(upsd.driver("rack").given).toEqual(["load.on"]);
  });

  test.for([
    ["ups.loadOff", "UNKNOWN"],
    ["ups.beeperMute", "INVALID-ARGUMENT"],
    ["ups.shutdownStop", "FAILED"],
  ] as const)("%s, which its driver ends with %s, is rejected after one write", async ([command, code]) => {
    await using upsd = await startUpsd(peer, rack);
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    const fault = await faultOf(ups.execute("ups", command));
    expect(fault).toMatchObject({ kind: "rejected", written: true });
    expect(fault.message).toContain(code);
    expect(upsd.driver("rack").given).toHaveLength(1);
  });

  test("a driver that says nothing leaves the outcome open, after one write", async () => {
    await using upsd = await startUpsd(peer, rack);
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    expect(await faultOf(ups.execute("ups", "ups.shutdownReturn", soon(400)))).toMatchObject({ kind: "timeout", written: true });
    expect(upsd.driver("rack").given).toEqual(["shutdown.return"]);
  });

  test("a wrong password reads, and is denied at its first command without a write", async () => {
    await using upsd = await startUpsd(peer, rack);
    await using ups = await openUps({ port: upsd.port, ups: "rack", username: "admin", password: "wrong" });
    expect((await ups.everything()).get("ups ups.onBattery")).toBe(false);
    expect(await faultOf(ups.execute("ups", "ups.loadOn"))).toMatchObject({ kind: "denied", written: false });
    expect(upsd.driver("rack").given).toEqual([]);
  });

  test("a user with one right may do that one", async () => {
    await using upsd = await startUpsd(peer, { upses: { rack: { ...rack.upses.rack, obey: () => 0 } } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...muter });
    await ups.describe();
    expect(await faultOf(ups.execute("ups", "ups.loadOn"))).toMatchObject({ kind: "denied", written: false });
    await ups.execute("ups", "ups.beeperMute");
    expect(upsd.driver("rack").given).toEqual(["beeper.mute"]);
  });

  test("no command reaches a driver that has died", async () => {
    await using upsd = await startUpsd(peer, rack);
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    await upsd.driver("rack")[Symbol.asyncDispose]();
    expect(await faultOf(ups.execute("ups", "ups.loadOn"))).toMatchObject({ kind: "unreachable" });
  });

  test.for([
    ["ups.loadOff", 30, {}, "load.off.delay 30"],
    ["ups.loadOff", 0, {}, "load.off"],
    ["ups.loadOff", undefined, {}, "load.off"],
    ["ups.loadOn", 5, {}, "load.on.delay 5"],
    ["ups.shutdownReturn", 120, {}, "shutdown.return 120"],
    ["ups.shutdownStayOff", 120, { "ups.delay.shutdown": "120" }, "shutdown.stayoff"],
    ["ups.shutdownReturn", undefined, { "ups.delay.shutdown": "20" }, "shutdown.return"],
    ["ups.shutdownStop", undefined, {}, "shutdown.stop"],
    ["ups.calibrate", undefined, {}, "calibrate.start"],
    ["ups.calibrateStop", undefined, {}, "calibrate.stop"],
  ] as const)("%s with %j s at a UPS of %j is %s", async ([command, seconds, variables, given]) => {
    await using upsd = await startUpsd(peer, { upses: { rack: { variables: { "ups.status": "OL", ...variables }, commands: delayable } } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    await ups.execute("ups", command, soon(), seconds);
    expect(upsd.driver("rack").given).toEqual([given]);
  });

  test.for([
    ["ups.shutdownReturn", 600, "unsupported", "waits 20 s"],
    ["ups.loadOn", 600, "unsupported", "takes no delay"],
    ["ups.shutdownStop", 5, "unsupported", "takes no delay"],
    ["ups.loadOff", 1.5, "rejected", "whole number"],
    ["ups.loadOff", -1, "rejected", "whole number"],
    ["ups.loadOff", "10", "rejected", "number of seconds"],
  ] as const)("%s with %j, which would act too early or means nothing, is %s and sends nothing", async ([command, value, kind, says]) => {
    const commands = delayable.filter((name) => name !== "load.on.delay");
    await using upsd = await startUpsd(peer, { upses: { rack: { variables: { "ups.status": "OL", "ups.delay.shutdown": "20" }, commands } } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    const fault = await faultOf(ups.execute("ups", command, soon(), value));
    expect(fault).toMatchObject({ kind, written: false });
    expect(fault.message).toContain(says);
    expect(upsd.driver("rack").given).toEqual([]);
  });

  test("outlets and groups of outlets are switched by their own commands", async () => {
    const variables = { "ups.status": "OL", "outlet.2.status": "on", "outlet.group.1.status": "on", "outlet.group.1.name": "Section A" };
    const commands = ["outlet.2.load.off", "outlet.group.1.load.off", "outlet.group.1.load.on"];
    await using upsd = await startUpsd(peer, { upses: { rack: { variables, commands } } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    const { parts } = await ups.describe();
    expect(parts.find(({ id }) => id === "outlet-group/1")).toMatchObject({ label: "Section A", commands: ["outlet.on", "outlet.off"] });
    await ups.execute("outlet-group/1", "outlet.off");
    await ups.execute("outlet/2", "outlet.off");
    expect(upsd.driver("rack").given).toEqual(["outlet.group.1.load.off", "outlet.2.load.off"]);
  });
});
