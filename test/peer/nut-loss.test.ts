import { expect, test } from "vitest";
import { faultOf, openUps, type Opened } from "./nut-open.ts";
import { createRig } from "./nut-program.ts";
import { startUpsd } from "./nut-server-rig.ts";
import type { SocketDriverOptions } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const office: SocketDriverOptions = {
  variables: {
    "ups.status": "OB DISCHRG",
    "battery.charge": "71",
    "ups.load": "20",
    "outlet.1.status": "on",
    "device.model": "Ellipse",
    "ups.delay.start": "5",
  },
  commands: ["beeper.mute", "outlet.1.load.off"],
};

const lostBy = (why: string): Readonly<Record<string, unknown>> => ({
  "ups ups.status": ["NOCOMM", why],
  "ups ups.state": "communication-lost",
  "ups ups.communicationLost": true,
});

/** Waits until the UPS reads as lost, and tells that nothing but that was read. */
const expectLost = async (ups: Opened, why: string): Promise<void> => {
  let seen: unknown;
  await until(async () => {
    seen = Object.fromEntries(await ups.everything());
    return String((seen as Record<string, unknown>)["ups ups.status"]).endsWith(why);
  }, `the UPS is lost: ${why}`);
  expect(seen).toEqual(lostBy(why));
};

describeWithPeer("a real upsd that has lost a UPS", await debianPackages("nut-server"), (peer) => {
  test("old data, a dead driver and one that has said nothing: the server is there, nothing is known of the UPS, and the others go on", async () => {
    await using upsd = await startUpsd(peer, { upses: { office, lab: office } });
    await using ups = await openUps({ port: upsd.port, ups: "office" });
    await using other = await openUps({ port: upsd.port, ups: "lab" });
    await ups.everything();
    const { parts } = await ups.describe();
    upsd.driver("office").stale(true);
    await expectLost(ups, "DATA-STALE");
    expect((await ups.describe()).parts).toEqual(parts);
    upsd.driver("office").stale(false);
    await until(async () => (await ups.everything()).get("ups ups.charge") === 71, "fresh data again");
    await upsd.driver("office").kill();
    await expectLost(ups, "DRIVER-NOT-CONNECTED");
    expect((await ups.describe()).parts).toEqual(parts);
    expect((await other.everything()).get("ups ups.onBattery")).toBe(true);
    await upsd.startDriver("office", { mute: true });
    await until(async () => String((await ups.everything()).get("ups ups.status")).endsWith("WAIT"), "the server waits for the driver's first data", 10_000);
    await expectLost(ups, "WAIT");
    upsd.driver("office").set({ "ups.status": "OL" });
    await until(async () => (await ups.everything()).get("ups ups.state") === "online", "data once the driver speaks");
  });

  test("lost between two polls: the next one says so, and the one after the return says that it may be another", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using ups = await openUps({ port: upsd.port, ups: "office", username: "admin", password: "correct horse" });
    const { parts } = await ups.describe();
    const wanted = parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));
    expect((await ups.read(...wanted)).get("ups ups.onBattery")).toBe(true);
    expect(ups.session.outdated).toBe(false);
    await upsd.driver("office").kill();
    await until(async () => String((await ups.read(...wanted)).get("ups ups.status")).endsWith("CONNECTED"), "the driver has gone");
    expect(Object.fromEntries(await ups.read(...wanted))).toEqual(lostBy("DRIVER-NOT-CONNECTED"));
    expect(ups.session.outdated).toBe(false);
    // The same variables, and other commands: nothing but its return says that there may be.
    await upsd.startDriver("office", { variables: { ...office.variables, "ups.status": "OL" }, commands: ["beeper.enable"] });
    await until(async () => (await ups.read(...wanted)).get("ups ups.state") === "online", "the new driver's data", 10_000);
    expect(ups.session.outdated).toBe(true);
    expect((await ups.describe()).parts.find(({ id }) => id === "ups")?.commands).toEqual(["ups.beeperOn"]);
    // Once more, as the driver may have been telling it just then; and that is enough.
    await ups.read(...wanted);
    expect(ups.session.outdated).toBe(true);
    await ups.describe();
    await ups.read(...wanted);
    expect(ups.session.outdated).toBe(false);
  });

  test("a variable that comes later is noticed, and keeps its place when it goes", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    const kept = new Map<string, Uint8Array>();
    await using ups = await openUps({ port: upsd.port, ups: "office" }, undefined, kept);
    const { parts } = await ups.describe();
    const wanted = parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));
    upsd.driver("office").set({ "input.transfer.reason": "low line", "ups.alarm": "Replace battery!" });
    await until(async () => (await ups.read(...wanted)).get("ups ups.alarmText") === "Replace battery!", "the alarm, which has its place from the start");
    expect(ups.session.outdated).toBe(true);
    expect((await ups.everything()).get("ups ups.lastTransferReason")).toBe("low line");
    upsd.driver("office").remove("input.transfer.reason");
    upsd.driver("office").remove("ups.alarm");
    await until(async () => !(await ups.everything()).has("ups ups.lastTransferReason"), "the reason has gone");
    await using again = await openUps({ port: upsd.port, ups: "office" }, undefined, kept);
    const points = (await again.describe()).parts.find(({ id }) => id === "ups")?.points;
    expect(points).toContain("ups.lastTransferReason");
    expect(points).toContain("ups.alarmText");
  });

  test("a UPS whose driver does not run at our start is what it was the last time, or has a status and nothing else", async () => {
    const kept = new Map<string, Uint8Array>();
    await using upsd = await startUpsd(peer, { upses: { office, never: undefined } });
    {
      await using before = await openUps({ port: upsd.port, ups: "office", username: "admin", password: "correct horse" }, undefined, kept);
      await before.describe();
    }
    await upsd.driver("office").kill();
    await using never = await openUps({ port: upsd.port, ups: "never" });
    await expectLost(never, "DRIVER-NOT-CONNECTED");
    await using ups = await openUps({ port: upsd.port, ups: "office" }, undefined, kept);
    await expectLost(ups, "DRIVER-NOT-CONNECTED");
    const { model, parts } = await ups.describe();
    expect(model).toBe("Ellipse");
    expect(parts.map(({ id }) => id)).toEqual(["outlet/1", "ups", "variable/ups.delay.start"]);
    expect(parts.flatMap(({ commands }) => commands)).toEqual([]);
    expect(await faultOf(ups.execute("ups", "ups.beeperMute"))).toMatchObject({ kind: "unsupported" });
  });

  test("a UPS that tells less than it did may be about to tell the rest: it is asked once more, and then believed", async () => {
    const kept = new Map<string, Uint8Array>();
    const login = { ups: "office", username: "admin", password: "correct horse" };
    await using upsd = await startUpsd(peer, { upses: { office } });
    {
      await using before = await openUps({ port: upsd.port, ...login }, undefined, kept);
      await before.everything();
      expect(before.session.outdated).toBe(false);
    }
    await upsd.driver("office").kill();
    await upsd.startDriver("office", { ...office, commands: ["beeper.mute"] });
    await until(async () => {
      await using ups = await openUps({ port: upsd.port, ups: "office" });
      return (await ups.everything()).get("ups ups.load") === 20;
    }, "the new driver's data");
    await using ups = await openUps({ port: upsd.port, ...login }, undefined, kept);
    await ups.everything();
    expect(ups.session.outdated).toBe(true);
    await ups.everything();
    expect(ups.session.outdated).toBe(false);
  });

  test("the server itself away is another thing: nobody answers", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using ups = await openUps({ port: upsd.port, ups: "office" });
    await ups.everything();
    await upsd.stop();
    expect(await faultOf(ups.everything())).toMatchObject({ kind: "unreachable" });
  });

  test("the program shows at once that the device is lost, with the server still there, and what it is made of when it is back", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    const rig = await createRig();
    await rig.write(`  rack: { driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: office, interval: 200ms }`);
    await using run = await rig.start();
    await run.shows({ rack: "online" });
    const { since } = (await run.devices()).get("rack")?.connection ?? {};
    const now = async (part: string): Promise<Readonly<Record<string, unknown>>> => {
      const readings = ((await run.devices()).get("rack")?.parts.find(({ id }) => id === part)?.readings ?? {}) as Readonly<
        Record<string, { readonly value: unknown; readonly quality: string }>
      >;
      return Object.fromEntries(Object.entries(readings).flatMap(([point, { value, quality }]) => (quality === "good" ? [[point, value]] : [])));
    };
    expect(await now("ups")).toMatchObject({ "ups.state": "on-battery", "ups.onBattery": true, "ups.charge": 71 });
    await upsd.driver("office").kill();
    await until(async () => String((await now("ups"))["ups.status"]).endsWith("DRIVER-NOT-CONNECTED"), "the loss is shown");
    const lost = await now("ups");
    expect(lost).toMatchObject({ "ups.status": ["NOCOMM", "DRIVER-NOT-CONNECTED"], "ups.communicationLost": true });
    for (const point of ["ups.onBattery", "ups.charge", "ups.load"]) expect(lost).not.toHaveProperty([point]);
    expect(await now("outlet/1")).toEqual({});
    expect((await run.devices()).get("rack")?.connection).toMatchObject({ state: "online", since });
    await upsd.startDriver("office", { ...office, variables: { ...office.variables, "ups.status": "OL", "input.voltage": "231" } });
    await until(async () => (await now("input"))["meter.voltage"] === 231, "what the new driver tells besides");
    expect(await now("ups")).toMatchObject({ "ups.state": "online", "ups.onBattery": false, "ups.charge": 71, "ups.communicationLost": false });
    expect((await run.devices()).get("rack")?.connection).toMatchObject({ state: "online", since });
  });
});
