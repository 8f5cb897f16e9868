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
});
