import { describe, expect, test } from "vitest";
import type { CommandName } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { DeviceSettings } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import type { Outcome } from "#domain/outcome.ts";
import { openDatabase } from "#platform/database.ts";
import { goodValue } from "#store/read.ts";
import { deviceDouble, rackDouble, type DeviceDouble, type RackDouble } from "./rack-double.ts";

const by: Command["by"] = { via: "rest", key: "test" };
const online = async (rack: RackDouble, id: string): Promise<void> => {
  while (rack.store.device(id)?.connection.state !== "online") await rack.clock.sleep(10);
};
const ask = (rack: RackDouble, name: CommandName, more: Partial<Command> = {}): Promise<Outcome> =>
  rack.engine.bus.submit({ device: "pdu", part: "outlet/1", name, by, ...more }).outcome;
const withPdu = async (
  set: Partial<DeviceDouble>,
  settings: Partial<DeviceSettings>,
  body: (rack: RackDouble, pdu: DeviceDouble) => Promise<void>,
): Promise<void> => {
  await using rack = rackDouble();
  const pdu = deviceDouble(set);
  rack.start("pdu", pdu, settings);
  await online(rack, "pdu");
  await body(rack, pdu);
};

describe("a command", () => {
  test("is confirmed only after the device shows it, and the store shows it then", () =>
    withPdu({}, {}, async (rack, pdu) => {
      const outcome = await ask(rack, "outlet.off");
      expect(outcome).toMatchObject({ state: "confirmed", writes: 1 });
      expect(pdu.writes).toEqual(["outlet.off"]);
      expect(goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "outlet.on")).toBe(false);
    }));

  test.each([
    ["dropped", "unconfirmed", 1],
    ["error-but-done", "confirmed", 1],
    ["error", "failed", 1],
    ["answer-lost", "confirmed", 1],
    ["never-sent", "failed", 0],
    ["denied", "failed", 0],
  ] as const)("whose write meets %s ends %s", (fault, state, writes) =>
    withPdu({ fault }, {}, async (rack, pdu) => {
      expect(await ask(rack, "outlet.off")).toMatchObject({ state, writes, ...(fault === "denied" && { fault: "denied" }) });
      expect(pdu.writes.length).toBeLessThanOrEqual(1);
    }),
  );

  test("has its outcome also when a listener fails, and tells the other ones", () =>
    withPdu({}, {}, async (rack) => {
      const heard: string[] = [];
      using _broken = rack.engine.bus.subscribe(() => {
        throw new Error("broken");
      });
      using _good = rack.engine.bus.subscribe(({ state }) => void heard.push(state));
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "confirmed" });
      expect(heard).toEqual(["confirmed"]);
      expect(rack.lines.some((line) => line.includes("could not be told"))).toBe(true);
    }));

  test("for what is so already writes nothing", () =>
    withPdu({ on: false }, {}, async (rack, pdu) => {
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "confirmed", writes: 0 });
      expect(pdu.writes).toEqual([]);
    }));

  test("asks the device and not the memory whether it is so already", () =>
    withPdu({ on: true }, {}, async (rack, pdu) => {
      pdu.on = false; // somebody pressed the button at the device since the last poll
      expect(await ask(rack, "outlet.on")).toMatchObject({ state: "confirmed", writes: 1 });
    }));

  test("a native cycle whose answer is lost is one write, and confirmed by off and on", () =>
    withPdu({ fault: "answer-lost" }, {}, async (rack, pdu) => {
      expect(await ask(rack, "outlet.cycle")).toMatchObject({ state: "confirmed", writes: 1 });
      expect(pdu.writes).toEqual(["outlet.cycle"]);
    }));

  test("a cycle of what is off already is confirmed when it is on", () =>
    withPdu({ on: false }, {}, async (rack, pdu) => {
      expect(await ask(rack, "outlet.cycle")).toMatchObject({ state: "confirmed", writes: 1 });
      expect(pdu.on).toBe(true);
    }));

  test("given twice at once is one write", () =>
    withPdu({}, {}, async (rack, pdu) => {
      const outcomes = await Promise.all([ask(rack, "outlet.off"), ask(rack, "outlet.off")]);
      expect(outcomes.map(({ state, writes }) => [state, writes])).toEqual([
        ["confirmed", 1],
        ["confirmed", 0],
      ]);
      expect(pdu.writes).toEqual(["outlet.off"]);
    }));

  test("that would have to wait long behind another one of its part is refused instead of acting late", () =>
    withPdu({ fault: "dropped" }, {}, async (rack, pdu) => {
      const first = ask(rack, "outlet.cycle"); // shows nothing for 60 s
      await rack.clock.sleep(1000);
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "refused", refusal: "late" });
      expect(await first).toMatchObject({ state: "unconfirmed" });
      expect(pdu.writes).toEqual(["outlet.cycle"]);
    }));

  test("shows its effect on other points at once, not at the next poll", () =>
    withPdu({ energy: 5 }, { interval: 600 }, async (rack, pdu) => {
      pdu.energy = 5.5;
      await ask(rack, "outlet.off");
      await rack.clock.sleep(1000);
      expect(goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), "meter.energy")).toBe(5.5);
    }));

  test("for an unknown device, part or command is refused and written down", () =>
    withPdu({ commands: ["outlet.on"] }, {}, async (rack, pdu) => {
      expect(await ask(rack, "outlet.on", { device: "nobody" })).toMatchObject({ state: "refused", refusal: "not-known" });
      expect(await ask(rack, "outlet.on", { part: "outlet/99" })).toMatchObject({ state: "refused", refusal: "not-known" });
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "refused", refusal: "not-capable" });
      expect(pdu.writes).toEqual([]);
      expect(rack.engine.bus.outcomes({ limit: 10 })).toHaveLength(3);
    }));

  test("for a device that is away fails at once, with the reason", () =>
    withPdu({}, {}, async (rack, pdu) => {
      pdu.dead = new Fault("unreachable", "no route");
      while (rack.store.device("pdu")?.connection.state !== "offline") await rack.clock.sleep(100);
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "failed", fault: "unreachable", writes: 0 });
    }));
});

describe("locks", () => {
  const parts = (settings: DeviceSettings["parts"][string]): Partial<DeviceSettings> => ({ parts: { "outlet/1": settings } });

  test.each([by, { via: "mqtt" }] as const)("a locked outlet refuses $via", (origin) =>
    withPdu({}, parts({ lock: "locked" }), async (rack, pdu) => {
      for (const name of ["outlet.on", "outlet.off", "outlet.cycle"] as const)
        expect(await ask(rack, name, { by: origin })).toMatchObject({ state: "refused", refusal: "locked" });
      expect(pdu.writes).toEqual([]);
    }),
  );

  test("confirm wants the token that the refusal gave, once, for the same command", () =>
    withPdu({}, parts({ lock: "confirm" }), async (rack, pdu) => {
      const refusal = await ask(rack, "outlet.off");
      expect(refusal).toMatchObject({ state: "refused", refusal: "confirmation-needed" });
      const confirm = (refusal as { confirm: string }).confirm;
      expect(await ask(rack, "outlet.cycle", { confirm })).toMatchObject({ state: "refused" });
      expect(await ask(rack, "outlet.off", { confirm: "guessed" })).toMatchObject({ state: "refused" });
      expect(pdu.writes).toEqual([]);
      expect(await ask(rack, "outlet.off", { confirm })).toMatchObject({ state: "confirmed", writes: 1 });
      expect(await ask(rack, "outlet.off", { confirm })).toMatchObject({ state: "refused", refusal: "confirmation-needed" });
      expect(JSON.stringify(rack.engine.bus.outcomes({ limit: 10 }).map(({ command }) => command))).not.toContain(confirm);
    }));

  test("a token is worth nothing after two minutes", () =>
    withPdu({}, parts({ lock: "confirm" }), async (rack) => {
      const { confirm } = (await ask(rack, "outlet.off")) as unknown as { confirm: string };
      await rack.clock.sleep(121_000);
      expect(await ask(rack, "outlet.off", { confirm })).toMatchObject({ state: "refused", refusal: "confirmation-needed" });
    }));

  test("confirm lets Home Assistant pass only where the configuration says so", async () => {
    await withPdu({}, parts({ lock: "confirm" }), async (rack) => {
      expect(await ask(rack, "outlet.off", { by: { via: "mqtt" } })).toMatchObject({ refusal: "confirmation-needed" });
    });
    await withPdu({}, parts({ lock: "confirm", allowHomeAssistant: true }), async (rack) => {
      expect(await ask(rack, "outlet.off", { by: { via: "mqtt" } })).toMatchObject({ state: "confirmed" });
    });
  });

  test("the outlet of this host is not switched off, but may be switched on", () =>
    withPdu({ on: false }, parts({ feedsThisHost: true }), async (rack) => {
      expect(await ask(rack, "outlet.cycle")).toMatchObject({ refusal: "feeds-this-host" });
      expect(await ask(rack, "outlet.on")).toMatchObject({ state: "confirmed" });
    }));

  test("an outlet whose label changed is not switched until the new one is accepted as it stands", () =>
    withPdu({}, {}, async (rack, pdu) => {
      pdu.label = "switch";
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "refused", refusal: "label-changed", detail: expect.stringContaining('"nas"') as string });
      await expect(rack.engine.bus.acceptLabel("pdu", "outlet/1", "router", by)).rejects.toThrow(/"switch"/);
      expect(await ask(rack, "outlet.off")).toMatchObject({ refusal: "label-changed" });
      await rack.engine.bus.acceptLabel("pdu", "outlet/1", "switch", by);
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "confirmed" });
      pdu.label = undefined;
      expect(await ask(rack, "outlet.on")).toMatchObject({ refusal: "label-changed" });
    }));

  test("a pending switching at the device is not overruled", () =>
    withPdu({ pending: true }, {}, async (rack, pdu) => {
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "refused", refusal: "pending" });
      expect(pdu.writes).toEqual([]);
    }));
});

describe("a cycle that the device cannot do by itself", () => {
  const commands = ["outlet.on", "outlet.off"] as const;

  test("is off, a pause, and on, and nobody slips between", () =>
    withPdu({ commands }, {}, async (rack, pdu) => {
      const start = rack.clock.monotonic();
      const cycle = ask(rack, "outlet.cycle");
      await rack.clock.sleep(1000);
      expect(pdu.on).toBe(false);
      const off = ask(rack, "outlet.off");
      expect(await cycle).toMatchObject({ state: "confirmed", writes: 2 });
      expect(rack.clock.monotonic() - start).toBeGreaterThanOrEqual(5000);
      expect(await off).toMatchObject({ state: "confirmed" });
      expect(pdu.writes).toEqual(["outlet.off", "outlet.on", "outlet.off"]);
    }));

  test("that a crash cut off between its halves is finished at the next start", async () => {
    const database = openDatabase(":memory:", () => undefined);
    const pdu = deviceDouble({ commands });
    const first = rackDouble(database);
    first.start("pdu", pdu);
    await online(first, "pdu");
    void ask(first, "outlet.cycle");
    while (pdu.on) await first.clock.sleep(10);
    first.clock[Symbol.dispose](); // the process is gone: no more time passes in it
    await using second = rackDouble(database);
    second.start("pdu", pdu);
    while (!pdu.on) await second.clock.sleep(100);
    expect(pdu.writes).toEqual(["outlet.off", "outlet.on"]);
    await second.clock.sleep(1000);
    expect(database.all("select * from debt")).toEqual([]);
    expect(second.engine.bus.outcomes({ limit: 1 })[0]).toMatchObject({ state: "confirmed", command: { by: { via: "engine" } } });
  });

  test("that never began leaves nothing owed", async () => {
    const database = openDatabase(":memory:", () => undefined);
    await using rack = rackDouble(database);
    const pdu = deviceDouble({ commands, fault: "never-sent" });
    rack.start("pdu", pdu);
    await online(rack, "pdu");
    expect(await ask(rack, "outlet.cycle")).toMatchObject({ state: "failed", writes: 0 });
    expect(database.all("select * from debt")).toEqual([]);
  });
});
