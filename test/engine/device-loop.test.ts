import { describe, expect, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import { openDatabase } from "#platform/database.ts";
import { goodValue } from "#store/read.ts";
import { deviceDouble, rackDouble, type RackDouble } from "./rack-double.ts";

const state = (rack: RackDouble, id = "pdu"): string | undefined => rack.store.device(id)?.connection.state;
const becomes = async (rack: RackDouble, wanted: string, id = "pdu"): Promise<void> => {
  while (state(rack, id) !== wanted) await rack.clock.sleep(10);
};
const about = (rack: RackDouble, id: string): string[] => rack.lines.filter((line) => line.includes(`${id}:`));

describe("a device", () => {
  test("is named once in the log when it is reached", async () => {
    await using rack = rackDouble();
    rack.start("pdu", deviceDouble());
    await becomes(rack, "online");
    await rack.clock.sleep(3600_000);
    expect(about(rack, "pdu")).toHaveLength(1);
    expect(about(rack, "pdu")[0]).toMatch(/connected: Double, 1 parts/);
  });

  test("that is off at the start appears by itself, and is named once in the log before", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ dead: new Fault("unreachable", "nobody answers at 127.0.0.1:161") });
    rack.start("pdu", pdu);
    await becomes(rack, "offline");
    await rack.clock.sleep(3600_000);
    expect(about(rack, "pdu")).toHaveLength(1);
    pdu.dead = undefined;
    await becomes(rack, "online");
    expect(about(rack, "pdu")).toHaveLength(2);
    expect(about(rack, "pdu")[1]).toMatch(/back after 36\d\d s/);
  });

  test("whose password was put right is asked at once when somebody says so, and not when its long wait is over", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ dead: new Fault("denied", "wrong password") });
    const other = deviceDouble();
    rack.start("pdu", pdu);
    rack.start("other", other);
    await becomes(rack, "offline");
    await rack.clock.sleep(3600_000);
    pdu.dead = undefined;
    rack.engine.retry();
    const asked = rack.clock.monotonic();
    await becomes(rack, "online");
    expect(rack.clock.monotonic() - asked).toBeLessThan(1_000);
    expect(other.opened).toBe(1);
  });

  test("that goes away becomes stale at once and is tried again at least every half minute", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble();
    rack.start("pdu", pdu);
    await becomes(rack, "online");
    expect(goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "outlet.on")).toBe(true);
    pdu.dead = new Fault("timeout", "no answer");
    await becomes(rack, "offline");
    const part = rack.store.device("pdu")?.parts.get("outlet/1");
    expect(goodValue(part, "outlet.on")).toBeUndefined();
    expect(part?.entries.get("outlet.on")).toMatchObject({ value: true, quality: "stale" });
    expect(pdu.closed).toBe(pdu.opened);
    await rack.clock.sleep(3600_000);
    pdu.dead = undefined;
    const back = rack.clock.monotonic();
    await becomes(rack, "online");
    expect(rack.clock.monotonic() - back).toBeLessThanOrEqual(30_000);
  });

  test("that never answers is given up a minute after it was asked, whenever it was asked before", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble();
    rack.start("pdu", pdu, { interval: 25 });
    await becomes(rack, "online");
    const { reads } = pdu;
    while (pdu.reads < reads + 1) await rack.clock.sleep(10);
    pdu.slow = 1e9;
    while (pdu.reads < reads + 2) await rack.clock.sleep(10);
    const asked = rack.clock.monotonic();
    await becomes(rack, "offline");
    expect(rack.clock.monotonic() - asked).toBeGreaterThan(59_900);
    expect(rack.clock.monotonic() - asked).toBeLessThan(60_100);
    expect(rack.store.device("pdu")?.connection).toMatchObject({ fault: "timeout", detail: "pdu did not answer within 60 s" });
  });

  test("that refuses the password is asked rarely", async () => {
    await using rack = rackDouble();
    const bmc = deviceDouble();
    let tries = 0;
    Object.defineProperty(bmc, "dead", { get: () => (tries++, new Fault("denied", "wrong password")) });
    rack.start("bmc", bmc);
    await becomes(rack, "offline", "bmc");
    await rack.clock.sleep(3600_000);
    // The getter is read twice per attempt: once to test, once to throw.
    expect(tries / 2).toBeLessThan(20);
    expect(rack.store.device("bmc")?.connection).toMatchObject({ state: "offline", fault: "denied" });
  });

  test("that is slow or dead delays no other: their polls stay on time, and their commands too", async () => {
    await using rack = rackDouble();
    const [good, slow, dead] = [deviceDouble(), deviceDouble({ slow: 4000 }), deviceDouble({ dead: new Fault("timeout", "no answer") })];
    rack.start("good", good, { interval: 1 });
    rack.start("slow", slow, { interval: 1 });
    rack.start("dead", dead, { interval: 1 });
    await becomes(rack, "online", "good");
    await becomes(rack, "online", "slow");
    const before = { good: good.reads, slow: slow.reads };
    await rack.clock.sleep(60_000);
    expect(good.reads - before.good).toBeGreaterThanOrEqual(59);
    expect(good.reads - before.good).toBeLessThanOrEqual(61);
    expect(slow.reads - before.slow).toBeGreaterThanOrEqual(11);
    const start = rack.clock.monotonic();
    const outcome = await rack.engine.bus.submit({ device: "good", part: "outlet/1", name: "outlet.off", by: { via: "mqtt" } }).outcome;
    expect(outcome.state).toBe("confirmed");
    expect(rack.clock.monotonic() - start).toBeLessThan(100);
  });

  test("that is on battery is asked at least every two seconds, and as before when it is not", async () => {
    await using rack = rackDouble();
    const ups = deviceDouble({ onBattery: false });
    rack.start("ups", ups, { interval: 30 });
    await becomes(rack, "online", "ups");
    const during = async (): Promise<number> => {
      await rack.clock.sleep(60_000); // the change is seen with the next poll
      const before = ups.reads;
      await rack.clock.sleep(60_000);
      return ups.reads - before;
    };
    expect(await during()).toBe(2);
    ups.onBattery = true;
    expect(await during()).toBe(30);
    ups.onBattery = false;
    expect(await during()).toBe(2);
  });

  test("whose interval changes keeps its connection", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble();
    rack.start("pdu", pdu, { interval: 10 });
    await becomes(rack, "online");
    const settings = rack.store.device("pdu")?.settings;
    if (!settings) throw new Error("no settings");
    rack.engine.resettle({ ...settings, name: "Rack PDU", interval: 1 });
    const before = pdu.reads;
    await rack.clock.sleep(30_000);
    expect(pdu.opened).toBe(1);
    expect(pdu.reads - before).toBeGreaterThan(15);
    expect(rack.store.device("pdu")?.settings.name).toBe("Rack PDU");
  });

  test("that is removed is closed and forgotten", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble();
    rack.start("pdu", pdu);
    await becomes(rack, "online");
    await rack.engine.remove("pdu");
    expect(pdu.closed).toBe(1);
    expect(rack.store.devices()).toEqual([]);
    const reads = pdu.reads;
    await rack.clock.sleep(60_000);
    expect(pdu.reads).toBe(reads);
  });

  test("whose configuration is wrong is shown and never asked", async () => {
    await using rack = rackDouble();
    rack.engine.quarantine({ id: "odd", driver: "double", fedBy: [], interval: 10, parts: {} }, "rack-power.yaml:3:5 driver: expected one of nut, snmp");
    expect(rack.store.device("odd")?.connection).toMatchObject({ state: "quarantined", detail: expect.stringContaining("rack-power.yaml:3:5") as string });
    const outcome = await rack.engine.bus.submit({ device: "odd", part: "outlet/1", name: "outlet.off", by: { via: "mqtt" } }).outcome;
    expect(outcome).toMatchObject({ state: "refused", refusal: "quarantined" });
  });

  test("whose counter shows a zero once is shown without it, and its total survives a restart", async () => {
    const database = openDatabase(":memory:", () => undefined);
    const pdu = deviceDouble({ energy: 3046 });
    const shown: number[] = [];
    const watch = async (change: () => void): Promise<void> => {
      await using rack = rackDouble(database);
      rack.store.subscribe(() => {
        const total = goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "meter.energy");
        if (total !== undefined) shown.push(total);
      });
      rack.start("pdu", pdu);
      await becomes(rack, "online");
      change();
      await rack.clock.sleep(11_000);
      pdu.energy = 3046.2;
      await rack.clock.sleep(11_000);
    };
    await watch(() => (pdu.energy = 0));
    await watch(() => undefined);
    expect(Math.min(...shown)).toBe(3046);
    expect(Math.max(...shown)).toBe(3046.2);
    expect(shown.length).toBeGreaterThan(2);
  });

  test("that leaves a point out shows it as stale after three intervals", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ energy: 5 });
    rack.start("pdu", pdu, { interval: 10 });
    await becomes(rack, "online");
    pdu.energy = undefined;
    await rack.clock.sleep(25_000);
    expect(goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "meter.energy")).toBe(5);
    await rack.clock.sleep(20_000);
    expect(goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "meter.energy")).toBeUndefined();
    expect(goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "outlet.on")).toBe(true);
  });
});
