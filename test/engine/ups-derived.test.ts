import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import { openDatabase, type Database } from "#platform/database.ts";
import { virtualClock } from "#test/platform/virtual-clock.ts";
import { flowBetween } from "#engine/derive/energy-flow.ts";
import { crashingGate } from "./crashing-gate.ts";
import { upsRig, type UpsRig, type Values } from "./ups-double.ts";

const derived = (rig: UpsRig): Record<PartId, readonly PointName[] | undefined> =>
  Object.fromEntries([...(rig.store.device("ups")?.parts ?? [])].map(([id, { description }]) => [id, description.derived]));
const ofUps = ["ups.onBatteryHeld", "ups.timeOnBattery", "ups.lastTransfer"] as const;
const memory = (): Database => openDatabase(":memory:", () => undefined);
const away = new Fault("timeout", "no answer");
const energy = (rig: UpsRig, part = "output"): number | undefined => rig.now(part, "meter.energy") as number | undefined;

describe("what is worked out", () => {
  test.each<readonly [what: string, values: Values, marked: Record<PartId, readonly PointName[] | undefined>]>([
    ["nothing but the outage without load", {}, { ups: ofUps }],
    ["no power without nominal power", { "ups ups.load": 10 }, { ups: ofUps }],
    [
      "power and energy at an output that the device does not have",
      { "ups ups.load": 10, "ups ups.nominalPower": 900 },
      { ups: ofUps, output: ["meter.power", "meter.energy"] },
    ],
    [
      "power and energy beside what the output has",
      { "ups ups.load": 10, "ups ups.nominalPower": 900, "output meter.voltage": 230 },
      { ups: ofUps, output: ["meter.power", "meter.energy"] },
    ],
    [
      "energy alone where the device gives watts",
      { "ups ups.load": 10, "ups ups.nominalPower": 900, "output meter.power": 77 },
      { ups: ofUps, output: ["meter.energy"] },
    ],
    [
      "energy where the watts are, and no sum of phases",
      { "ups ups.load": 10, "ups ups.nominalPower": 900, "output/L1 meter.power": 7 },
      { ups: ofUps, "output/L1": ["meter.energy"] },
    ],
    [
      "no second energy",
      { "output meter.power": 77, "output meter.energy": 3, "input meter.power": 90 },
      { ups: ofUps, output: undefined, input: ["meter.energy"] },
    ],
    [
      "nothing that the device says itself",
      { "ups ups.timeOnBattery": 0, "ups ups.lastTransfer": "2026-01-01T00:00:00Z", "ups ups.lastTransferReason": "self-test", "input meter.voltage": 230 },
      { ups: ["ups.onBatteryHeld"], input: undefined },
    ],
    ["a reason where there is a voltage", { "input meter.voltage": 230 }, { ups: [...ofUps, "ups.lastTransferReason"], input: undefined }],
  ])("%s", async (_what, values, marked) => {
    await using rig = await upsRig({ values });
    expect(derived(rig)).toEqual(marked);
  });

  test("is asked of nobody, is shown, and goes when the device says it itself", async () => {
    await using rig = await upsRig({ values: { "ups ups.load": 25, "ups ups.nominalPower": 900 } });
    await rig.polls(1);
    expect(rig.now("output", "meter.power")).toBe(225);
    expect(rig.asked()).toContain("ups ups.load");
    expect(rig.asked().filter((one) => one.startsWith("output") || one.includes("Transfer") || one.includes("Held"))).toEqual([]);
    rig.ups.values = { "ups ups.load": 50, "ups ups.nominalPower": 900 };
    await rig.polls(0);
    expect(rig.now("output", "meter.power")).toBe(450);
    rig.ups.values = { ...rig.ups.values, "output meter.power": 431 };
    rig.ups.dead = away;
    await rig.clock.sleep(5000);
    rig.ups.dead = undefined;
    while (rig.store.device("ups")?.connection.state !== "online") await rig.clock.sleep(10);
    expect([rig.now("output", "meter.power"), derived(rig)["output"]]).toEqual([431, ["meter.energy"]]);
  });

  test("a load of 0 is 0 W, and no load is none", async () => {
    await using rig = await upsRig({ values: { "ups ups.load": 0, "ups ups.nominalPower": 900 } });
    expect(rig.now("output", "meter.power")).toBe(0);
    rig.ups.values = { "ups ups.load": undefined, "ups ups.nominalPower": 900 };
    await rig.polls(5);
    expect(rig.now("output", "meter.power")).toBeUndefined();
  });
});

describe("energy", () => {
  test("is the area under the power, and is on the disk before it is told", async () => {
    const database = memory();
    await using rig = await upsRig({ values: { "output meter.power": 360 } }, { interval: 10 }, database);
    await rig.clock.sleep(3_600_000 + 70_000);
    const told = energy(rig) ?? 0;
    expect(told).toBeGreaterThan(0.35);
    expect(told).toBeLessThanOrEqual(0.368);
    const [row] = database.all<{ json: string }>("select json from counter where device = 'ups' and part = 'output'");
    expect(JSON.parse(row?.json ?? "{}")).toMatchObject({ own: true, total: expect.any(Number) });
    expect((JSON.parse(row?.json ?? "{}") as { total: number }).total).toBeGreaterThanOrEqual(told);
  });

  test("is told sooner where more flows", async () => {
    await using rig = await upsRig({ values: { "output meter.power": 36_000 } }, { interval: 10 });
    for (let minute = 1; minute <= 10; minute++) {
      await rig.clock.sleep(60_000);
      // 36 kW are 0.1 kWh a poll.
      expect((rig.clock.monotonic() / 3_600_000) * 36 - (energy(rig) ?? 0)).toBeLessThan(0.25);
    }
  });

  test("counts nothing over a gap, however much was drawn before and after it", async () => {
    await using rig = await upsRig({ values: { "output meter.power": 3600 } }, { interval: 10 });
    await rig.clock.sleep(600_000);
    rig.ups.dead = away;
    await rig.clock.sleep(130_000);
    const before = energy(rig) ?? (rig.store.device("ups")?.parts.get("output")?.entries.get("meter.energy")?.value as number);
    await rig.clock.sleep(10 * 3_600_000);
    rig.ups.dead = undefined;
    await rig.clock.sleep(130_000);
    const after = energy(rig) ?? 0;
    // 3.6 kW for at most 130 s, and what had not been on the disk yet.
    expect(after - before).toBeGreaterThan(0);
    expect(after - before).toBeLessThan(0.2);
  });

  test("a poll that brings no watts is bridged, a row of them is not", () => {
    expect(flowBetween({ power: 100, at: 0 }, { power: 200, at: 20_000 }, 10)).toBeCloseTo((150 * 20) / 3.6e6, 12);
    expect(flowBetween({ power: 100, at: 0 }, { power: 100, at: 40_000 }, 10)).toBe(0);
    expect(flowBetween({ power: 100, at: 0 }, { power: 100, at: 4_000 }, 0.2)).toBeCloseTo((100 * 4) / 3.6e6, 12);
    expect(flowBetween(undefined, { power: 100, at: 0 }, 10)).toBe(0);
    expect(flowBetween({ power: 100, at: 5 }, { power: 100, at: 5 }, 10)).toBe(0);
    expect(flowBetween({ power: -50, at: 0 }, { power: -50, at: 5 }, 10)).toBe(0);
  });

  test("of a device that begins to count itself goes on from what was told, and back", async () => {
    await using rig = await upsRig({ values: { "output meter.power": 3600 } }, { interval: 10 });
    const again = async (): Promise<void> => {
      rig.ups.dead = away;
      await rig.clock.sleep(1_000);
      while (rig.store.device("ups")?.connection.state === "online") await rig.clock.sleep(100);
      rig.ups.dead = undefined;
      while (rig.store.device("ups")?.connection.state !== "online") await rig.clock.sleep(100);
    };
    await rig.clock.sleep(7_200_000);
    const ours = energy(rig) ?? 0;
    expect(ours).toBeGreaterThan(7);
    for (const value of [0.5, 9000]) {
      rig.ups.values = { "output meter.power": 3600, "output meter.energy": value };
      await again();
      await rig.clock.sleep(60_000);
      expect(energy(rig)).toBeGreaterThanOrEqual(ours);
      expect(energy(rig)).toBeLessThan(ours + 1);
    }
    const theirs = energy(rig) ?? 0;
    rig.ups.values = { "output meter.power": 3600 };
    await again();
    await rig.clock.sleep(65_000);
    expect(energy(rig)).toBeGreaterThanOrEqual(theirs);
    expect(energy(rig)).toBeLessThan(theirs + 0.2);
  });

  test("never falls and never exceeds what flowed, over gaps, stops and crashes", async () => {
    const event = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ kind: fc.constant("poll" as const), power: fc.integer({ min: 0, max: 20_000 }), wait: fc.constantFrom(1, 2, 10, 30) }),
      },
      { weight: 1, arbitrary: fc.constantFrom({ kind: "gap" as const }, { kind: "crash" as const }, { kind: "stop" as const }) },
    );
    let [compared, crashes] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 80 }), async (events) => {
        const database = memory();
        using clock = virtualClock();
        const begin = crashingGate(database, clock);
        let gate = begin();
        let last: { power: number; at: number } | undefined;
        let most = 0;
        let told = 0;
        for (const one of events) {
          if (one.kind === "gap") await clock.sleep(3_600_000);
          else if (one.kind === "poll") {
            await clock.sleep(one.wait * 1000);
            const now = { power: one.power, at: clock.monotonic() };
            const flowed = flowBetween(last, now, 10);
            if (last) most += (Math.max(last.power, one.power) * Math.min(35_000, now.at - last.at)) / 3.6e9;
            last = now;
            const next = gate.add("ups", "output", "meter.energy", flowed);
            if (next === undefined) continue;
            expect(next).toBeGreaterThanOrEqual(told);
            expect(next).toBeLessThanOrEqual(most + 1e-6);
            told = next;
            compared++;
          } else {
            if (one.kind === "stop") gate[Symbol.dispose]();
            else crashes++;
            gate = begin();
            last = undefined;
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(compared).toBeGreaterThan(2000);
    expect(crashes).toBeGreaterThan(50);
  });

  test("loses no more than a minute, and nothing of what was told, when the program is killed", async () => {
    const database = memory();
    using clock = virtualClock();
    const first = await upsRig({ values: { "output meter.power": 1800 } }, { interval: 10 }, database, clock);
    await clock.sleep(3_600_000);
    const told = energy(first) ?? 0;
    // The disk as a kill would leave it.
    const copy = database.all<{ json: string }>("select json from counter");
    await first[Symbol.asyncDispose]();
    const disk = memory();
    for (const { json } of copy) disk.run("insert into counter (device, part, point, json) values ('ups', 'output', 'meter.energy', ?)", json);
    await using second = await upsRig({ values: { "output meter.power": 1800 } }, { interval: 10 }, disk, clock);
    expect(energy(second)).toBeGreaterThanOrEqual(told);
    expect(energy(second)).toBeLessThanOrEqual(1.8);
    expect(told).toBeGreaterThan(1.8 - 1.8 / 60 - 0.02);
  });
});
