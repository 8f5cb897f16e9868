import { describe, expect, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import { openDatabase } from "#platform/database.ts";
import { upsStatusPoints } from "#domain/ups-status.ts";
import { upsRig, type UpsRig } from "./ups-double.ts";

const held = (rig: UpsRig): unknown => rig.now("ups", "ups.onBatteryHeld");
const until = async (rig: UpsRig, holds: () => boolean): Promise<void> => {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 100_000) throw new Error("it never happened");
    await rig.clock.sleep(10);
  }
};
const away = new Fault("timeout", "no answer");

describe("what the status does not say any more", () => {
  test("is unknown at once in the store and in what MQTT tells, and never its last value", async () => {
    await using rig = await upsRig({ words: "OL CHRG", values: { "ups ups.charge": 80 } });
    expect(rig.told("ups")["ups"]).toMatchObject({ state: "online", onBattery: false, charging: true, charge: 80, onBatteryHeld: false });
    rig.ups.words = "TRIM";
    await rig.polls(0);
    const { ups: state } = rig.told("ups");
    expect(state).toMatchObject({ state: "unknown", trim: true, onBattery: null, charging: null, onBatteryHeld: null, timeOnBattery: null, charge: 80 });
    expect(Object.values(state ?? {}).filter((value) => value === null).length).toBeGreaterThanOrEqual(14);
    rig.ups.words = "OL";
    await rig.polls(0);
    expect(rig.told("ups")["ups"]).toMatchObject({ state: "online", onBattery: false, charging: false, trim: false, onBatteryHeld: false });
  });

  test("of a UPS that is lost nothing is known but that, though its driver goes on telling the rest", async () => {
    const values = { "ups ups.charge": 80, "ups ups.nominalPower": 900, "output meter.voltage": 230 };
    await using rig = await upsRig({ values });
    rig.ups.words = "OB NOCOMM";
    rig.ups.values = {};
    await rig.polls(0);
    const { ups: state } = rig.told("ups");
    expect(state).toMatchObject({
      state: "communication-lost",
      status: ["NOCOMM"],
      communicationLost: true,
      charge: null,
      onBattery: null,
      onBatteryHeld: null,
    });
    expect(upsStatusPoints.filter((point) => rig.now("ups", point) !== undefined)).toEqual(["ups.status", "ups.state", "ups.communicationLost"]);
    expect(rig.told("output")).toEqual({ meter: { voltage: null } });
    // What is asked for once, and never changes, would not come again.
    expect(state?.["nominalPower"]).toBe(900);
  });

  test("other points have the time of a few polls to come again", async () => {
    await using rig = await upsRig({ values: { "ups ups.charge": 80 } });
    rig.ups.values = {};
    await rig.polls(0);
    expect(rig.now("ups", "ups.charge")).toBe(80);
    await rig.polls(5);
    expect(rig.now("ups", "ups.charge")).toBeUndefined();
  });
});

describe("on battery in earnest", () => {
  test("begins between two polls, when the time is over, and is told as an event", async () => {
    await using rig = await upsRig({}, { interval: 60, onBatteryAfter: 3.5 });
    rig.ups.words = "OB DISCHRG";
    await until(rig, () => rig.now("ups", "ups.onBattery") === true);
    const since = rig.clock.monotonic();
    expect([held(rig), rig.news()]).toEqual([false, []]);
    await until(rig, () => held(rig) === true);
    expect(rig.clock.monotonic() - since).toBeGreaterThanOrEqual(3480);
    expect(rig.clock.monotonic() - since).toBeLessThanOrEqual(3520);
    expect(rig.news()).toEqual(["on-battery"]);
    expect(rig.events[0]).toMatchObject({ device: "ups", part: "ups", status: ["OB", "DISCHRG"] });
    rig.ups.words = "OL CHRG";
    await until(rig, () => rig.now("ups", "ups.onBattery") === false);
    expect([held(rig), rig.news(), rig.now("ups", "ups.timeOnBattery")]).toEqual([false, ["on-line"], 0]);
  });

  test("is not begun by a flicker, which is an event", async () => {
    await using rig = await upsRig();
    const seen: unknown[] = [];
    rig.store.subscribe((change) => void (change.kind === "readings" && change.points.includes("ups.onBatteryHeld") && seen.push(held(rig))));
    for (let time = 0; time < 5; time++) {
      rig.ups.words = "OB";
      await rig.polls(1);
      expect(rig.now("ups", "ups.onBattery")).toBe(true);
      rig.ups.words = "OL";
      await rig.polls(1);
      expect(rig.news()).toEqual(["flicker"]);
    }
    expect(seen).toEqual([]);
  });

  test("five seconds are a flicker when the configuration says nothing, and with 0 none is", async () => {
    await using usual = await upsRig();
    usual.ups.words = "OB";
    await until(usual, () => usual.now("ups", "ups.onBattery") === true);
    await usual.clock.sleep(4900);
    expect(held(usual)).toBe(false);
    await usual.clock.sleep(200);
    expect(held(usual)).toBe(true);
    await using hasty = await upsRig({}, { onBatteryAfter: 0 });
    hasty.ups.words = "OB";
    const together: unknown[] = [];
    hasty.store.subscribe(() => void (hasty.now("ups", "ups.onBattery") === true && together.push(held(hasty))));
    await until(hasty, () => hasty.now("ups", "ups.onBattery") === true);
    expect([together, hasty.news()]).toEqual([[true], ["on-battery"]]);
  });

  test.each([
    ["self-test", "OB TEST DISCHRG", "test-started", "test-ended"],
    ["self-test of a UPS that stays on line", "OL TEST DISCHRG", "test-started", "test-ended"],
    ["calibration", "OB CAL DISCHRG", "calibration-started", "calibration-ended"],
    ["calibration on line", "OL CAL DISCHRG", "calibration-started", "calibration-ended"],
  ])("a %s is no outage", async (_title, words, began, ended) => {
    await using rig = await upsRig();
    rig.ups.words = words;
    await rig.polls(20);
    expect(rig.now("ups", "ups.onBattery")).toBe(words.startsWith("OB"));
    expect([held(rig), rig.now("ups", "ups.timeOnBattery"), rig.now("ups", "ups.lastTransfer")]).toEqual([false, 0, undefined]);
    rig.ups.words = "OL";
    await rig.polls(1);
    expect(rig.news()).toEqual([began, ended]);
  });

  test("mains that fail in a self-test are an outage from its end on, and a test in an outage ends none", async () => {
    await using rig = await upsRig();
    rig.ups.words = "OB TEST";
    await rig.polls(2);
    rig.ups.words = "OB";
    await until(rig, () => held(rig) === true);
    rig.ups.words = "OB TEST";
    await rig.polls(3);
    expect(held(rig)).toBe(true);
    expect(rig.news()).toEqual(["test-started", "test-ended", "on-battery", "test-started"]);
  });

  test("the time on battery grows with the polls, and the transfer keeps its time", async () => {
    await using rig = await upsRig();
    rig.ups.words = "OB";
    await until(rig, () => rig.now("ups", "ups.onBattery") === true);
    const at = rig.clock.now();
    await rig.polls(30);
    expect(rig.now("ups", "ups.timeOnBattery")).toBeGreaterThan(28);
    expect(Math.abs(Date.parse(rig.now("ups", "ups.lastTransfer") as string) - at)).toBeLessThan(50);
  });

  test("an outage that is there at the start is held after the time, but no event is made up of it", async () => {
    await using rig = await upsRig({ words: "OB LB" });
    await rig.polls(1);
    expect([held(rig), rig.told("ups")["ups"]?.["onBatteryHeld"]]).toEqual([undefined, null]);
    await rig.polls(8);
    expect([held(rig), rig.news(), rig.now("ups", "ups.lastTransfer")]).toEqual([true, [], undefined]);
    rig.ups.words = "OL";
    await rig.polls(0);
    expect(rig.news()).toEqual(["on-line", "low-battery-cleared"]);
  });

  test("one that was there at the start is no flicker, however soon it ends", async () => {
    await using rig = await upsRig({ words: "OB" });
    rig.ups.words = "OL";
    await rig.polls(0);
    expect(rig.news()).toEqual(["on-line"]);
  });

  test("is unknown while the device is away; an outage that goes on afterwards is held at once", async () => {
    await using rig = await upsRig();
    rig.ups.words = "OB";
    await until(rig, () => rig.now("ups", "ups.onBattery") === true);
    rig.ups.dead = away;
    await until(rig, () => rig.store.device("ups")?.connection.state === "offline");
    expect(held(rig)).toBeUndefined();
    await rig.clock.sleep(30_000);
    expect([held(rig), rig.news()]).toEqual([undefined, ["communication-lost"]]);
    rig.ups.dead = undefined;
    await until(rig, () => rig.store.device("ups")?.connection.state === "online");
    expect([held(rig), rig.news()]).toEqual([true, ["communication-restored", "on-battery"]]);
  });

  test("is not claimed of a device that has fallen silent in the meantime", async () => {
    await using rig = await upsRig({}, { interval: 0.5, onBatteryAfter: 60 });
    rig.ups.words = "OB";
    await until(rig, () => rig.now("ups", "ups.onBattery") === true);
    rig.ups.words = undefined;
    const claimed: unknown[] = [];
    rig.store.subscribe(() => void (held(rig) === true && claimed.push(true)));
    await rig.clock.sleep(120_000);
    expect([claimed, rig.news()]).toEqual([[], []]);
    expect([held(rig), rig.now("ups", "ups.onBattery"), rig.store.device("ups")?.connection.state]).toEqual([undefined, undefined, "online"]);
  });
});

describe("the last transfer", () => {
  test("outlives a restart, with its reason out of the input's voltage", async () => {
    const database = openDatabase(":memory:", () => undefined);
    let before: unknown;
    {
      await using rig = await upsRig({ values: { "input meter.voltage": 231 } }, {}, database);
      rig.ups.words = "OB";
      rig.ups.values = { "input meter.voltage": 0 };
      await rig.polls(8);
      before = rig.now("ups", "ups.lastTransfer");
      expect(before).toEqual(expect.any(String));
      expect(rig.now("ups", "ups.lastTransferReason")).toBe("input failed");
      expect(rig.events).toEqual([expect.objectContaining({ type: "on-battery", reason: "input failed" })]);
    }
    await using again = await upsRig({ values: { "input meter.voltage": 230 } }, {}, database);
    expect([again.now("ups", "ups.lastTransfer"), again.now("ups", "ups.lastTransferReason")]).toEqual([before, "input failed"]);
  });

  test.each([
    [231, 190, "input voltage too low"],
    [231, 260, "input voltage too high"],
    [231, 230, undefined],
  ])("from %d V to %d V is %s", async (usual, then, reason) => {
    await using rig = await upsRig({ values: { "input meter.voltage": usual } });
    rig.ups.words = "OB";
    rig.ups.values = { "input meter.voltage": then };
    await rig.polls(1);
    expect(rig.now("ups", "ups.lastTransferReason")).toBe(reason);
  });
});

describe("events", () => {
  test("carry the reason in the device's own words, where it has some", async () => {
    await using rig = await upsRig({ values: { "input meter.voltage": 231, "ups ups.lastTransferReason": "self-test" } }, { onBatteryAfter: 0 });
    rig.ups.words = "OB";
    rig.ups.values = { "input meter.voltage": 0, "ups ups.lastTransferReason": "line voltage notch or spike" };
    await rig.polls(0);
    expect(rig.events).toEqual([expect.objectContaining({ type: "on-battery", reason: "line voltage notch or spike" })]);
    expect(rig.now("ups", "ups.lastTransferReason")).toBe("line voltage notch or spike");
  });

  test("are changes of what was known: none at the start, none of what is not known, and nothing is lost over a loss of communication", async () => {
    await using rig = await upsRig({ words: "OL RB ALARM" });
    await rig.polls(3);
    expect(rig.news()).toEqual([]);
    rig.ups.words = "OL LB OVER RB";
    await rig.polls(0);
    expect(rig.news()).toEqual(["low-battery", "overload", "alarm-cleared"]);
    rig.ups.words = "TRIM";
    await rig.polls(0);
    expect(rig.news()).toEqual([]);
    rig.ups.words = "NOCOMM";
    await rig.polls(3);
    rig.ups.dead = away;
    await rig.clock.sleep(20_000);
    expect(rig.news()).toEqual(["communication-lost"]);
    expect(rig.events.at(-1)).toMatchObject({ status: [] });
    rig.ups.words = "FSD OL LB RB";
    rig.ups.dead = undefined;
    await until(rig, () => rig.store.device("ups")?.connection.state === "online");
    expect(rig.news()).toEqual(["communication-restored", "forced-shutdown", "overload-cleared"]);
    rig.ups.words = "OL OFF BYPASS";
    await rig.polls(0);
    expect(rig.news()).toEqual(["forced-shutdown-cleared", "low-battery-cleared", "output-off", "bypass", "replace-battery-cleared"]);
  });

  test("none of a device that was never there, and one of a UPS that its server had lost at the start", async () => {
    await using rig = await upsRig({ dead: away });
    await rig.clock.sleep(60_000);
    rig.ups.dead = undefined;
    await until(rig, () => rig.store.device("ups")?.connection.state === "online");
    expect(rig.news()).toEqual([]);
    await using lost = await upsRig({ words: "NOCOMM" });
    await lost.polls(2);
    expect(lost.news()).toEqual([]);
    lost.ups.words = "OL";
    await lost.polls(0);
    expect(lost.news()).toEqual(["communication-restored"]);
  });

  test("come after the readings that they are about", async () => {
    await using rig = await upsRig();
    const seen: unknown[] = [];
    rig.engine.events.subscribe(({ type }) => void seen.push([type, rig.now("ups", "ups.lowBattery"), held(rig)]));
    rig.ups.words = "OB LB";
    await rig.polls(8);
    expect(seen).toEqual([
      ["low-battery", true, false],
      ["on-battery", true, true],
    ]);
  });
});
