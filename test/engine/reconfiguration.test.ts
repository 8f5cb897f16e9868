import { describe, expect, test } from "vitest";
import type { CommandName } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import { Fault } from "#domain/fault.ts";
import type { Outcome } from "#domain/outcome.ts";
import { goodValue } from "#store/read.ts";
import { deviceDouble, rackDouble, type RackDouble } from "./rack-double.ts";

const by: Command["by"] = { via: "rest", key: "test" };
const online = async (rack: RackDouble): Promise<void> => {
  while (rack.store.device("pdu")?.connection.state !== "online") await rack.clock.sleep(10);
};
const ask = (rack: RackDouble, name: CommandName): Promise<Outcome> => rack.engine.bus.submit({ device: "pdu", part: "outlet/1", name, by }).outcome;
const on = (rack: RackDouble): boolean | undefined => goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "outlet.on");

describe("a device whose entry changes while it runs", () => {
  test("and that moves to another host shows nothing of the old one as live", async () => {
    await using rack = rackDouble();
    const [old, fresh] = [deviceDouble({ on: true }), deviceDouble({ on: false, slow: 5000 })];
    rack.start("pdu", old);
    await online(rack);
    expect(on(rack)).toBe(true);
    await rack.engine.stop("pdu");
    rack.start("pdu", fresh);
    expect(rack.store.device("pdu")?.connection.state).toBe("connecting");
    expect(on(rack)).toBeUndefined();
    await online(rack);
    expect(on(rack)).toBe(false);
    expect(old.closed).toBe(1);
  });

  test("gets no late answer of the old host", async () => {
    await using rack = rackDouble();
    const [old, fresh] = [deviceDouble({ on: true }), deviceDouble({ on: false })];
    rack.start("pdu", old, { interval: 10 });
    await online(rack);
    Object.assign(old, { slow: 20_000, deaf: true });
    const reads = old.reads;
    while (old.reads === reads) await rack.clock.sleep(100);
    const stopped = rack.engine.stop("pdu");
    // Its answer is still under way when the new one is there, on an endpoint of its own.
    rack.start("pdu", fresh, {}, "elsewhere");
    await online(rack);
    const shown: unknown[] = [];
    rack.store.subscribe(() => shown.push(on(rack)));
    await rack.clock.sleep(60_000);
    await stopped;
    expect(shown).not.toContain(true);
    expect(on(rack)).toBe(false);
    expect(rack.lines.filter((line) => line.includes("ERROR"))).toEqual([]);
  });

  test("and becomes wrong shows nothing as live any more", async () => {
    await using rack = rackDouble();
    rack.start("pdu", deviceDouble());
    await online(rack);
    const settings = rack.store.device("pdu")?.settings;
    if (!settings) throw new Error("no settings");
    await rack.engine.stop("pdu");
    rack.engine.quarantine(settings, "rack-power.yaml:3:5 unknown key");
    expect(rack.store.device("pdu")?.connection.state).toBe("quarantined");
    expect(on(rack)).toBeUndefined();
  });

  test("tells whoever waits for a command of it at once, and why", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ fault: "dropped" });
    rack.start("pdu", pdu);
    await online(rack);
    const cycle = ask(rack, "outlet.cycle"); // shows nothing for 60 s
    const behind = ask(rack, "outlet.off");
    await rack.clock.sleep(1000);
    const start = rack.clock.monotonic();
    await rack.engine.remove("pdu");
    expect(await cycle).toMatchObject({ state: "unconfirmed", writes: 1, detail: expect.stringMatching(/configuration/) as string });
    expect(await behind).toMatchObject({ state: "refused", refusal: "not-known" });
    expect(rack.clock.monotonic() - start).toBeLessThan(1000);
    expect(pdu.writes).toEqual(["outlet.cycle"]);
  });

  test("and that is taken out and put back in keeps its accepted label and its total", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ energy: 100 });
    rack.start("pdu", pdu);
    await online(rack);
    await rack.engine.remove("pdu");
    expect(rack.store.device("pdu")).toBeUndefined();
    Object.assign(pdu, { label: "switch", energy: 0.2 });
    rack.start("pdu", pdu);
    await online(rack);
    expect(goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "meter.energy")).toBe(100);
    expect(await ask(rack, "outlet.off")).toMatchObject({ state: "refused", refusal: "label-changed" });
    expect(pdu.writes).toEqual([]);
  });
});

describe("a device that shows that it is made of something else than it described", () => {
  test("is described again on the connection that it has, and polled for all of it", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ noticing: true });
    const kinds: string[] = [];
    rack.start("pdu", pdu, { interval: 10 });
    await online(rack);
    rack.store.subscribe(({ kind }) => kinds.push(kind));
    pdu.onBattery = true;
    await rack.clock.sleep(10_000);
    expect(goodValue(rack.store.device("pdu")?.parts.get("ups"), "ups.onBattery")).toBe(true);
    const reads = pdu.reads;
    // On battery it is polled more often: the new plan is the one that is used.
    await rack.clock.sleep(10_000);
    expect(pdu.reads - reads).toBeGreaterThanOrEqual(4);
    expect(pdu).toMatchObject({ opened: 1, closed: 0 });
    expect(kinds.filter((kind) => kind === "shape")).toHaveLength(1);
    expect(kinds).not.toContain("connection");
    pdu.onBattery = undefined;
    await rack.clock.sleep(20_000);
    expect([...(rack.store.device("pdu")?.parts.keys() ?? [])]).toEqual(["outlet/1"]);
  });

  test("and goes away before it could be asked again comes back as any other", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ noticing: true });
    rack.start("pdu", pdu, { interval: 10 });
    await online(rack);
    pdu.onBattery = false;
    pdu.dead = new Fault("timeout", "no answer");
    await rack.clock.sleep(15_000);
    expect(rack.store.device("pdu")?.connection.state).toBe("offline");
    pdu.dead = undefined;
    await online(rack);
    expect(goodValue(rack.store.device("pdu")?.parts.get("ups"), "ups.onBattery")).toBe(false);
  });
});
