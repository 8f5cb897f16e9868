import { describe, expect, test } from "vitest";
import type { CommandName } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { Outcome } from "#domain/outcome.ts";
import { openDatabase, type Database } from "#platform/database.ts";
import { deviceDouble, rackDouble, type DeviceDouble, type RackDouble } from "./rack-double.ts";

const by: Command["by"] = { via: "rest", key: "test" };
const ask = (rack: RackDouble, name: CommandName): Promise<Outcome> => rack.engine.bus.submit({ device: "pdu", part: "outlet/1", name, by }).outcome;
const owed = (database: Database): number => database.all("select * from debt").length;

/** A cycle whose "on" the device refuses: the outlet is off, and the "on" is owed. */
const halfCycled = async (body: (rack: RackDouble, pdu: DeviceDouble, database: Database) => Promise<void>): Promise<void> => {
  const database = openDatabase(":memory:", () => undefined);
  await using rack = rackDouble(database);
  const pdu = deviceDouble({ commands: ["outlet.on", "outlet.off"] });
  rack.start("pdu", pdu, { interval: 10 });
  while (rack.store.device("pdu")?.connection.state !== "online") await rack.clock.sleep(10);
  const cycle = ask(rack, "outlet.cycle");
  while (pdu.on) await rack.clock.sleep(10);
  pdu.fault = "error";
  expect(await cycle).toMatchObject({ state: "failed", detail: expect.stringMatching(/not seen on again/) as string });
  expect(owed(database)).toBe(1);
  await body(rack, pdu, database);
};

describe("the second half of a cycle that the device refused", () => {
  test("is tried again while the device stays connected, until it is on", () =>
    halfCycled(async (rack, pdu, database) => {
      await rack.clock.sleep(300_000);
      pdu.fault = "none";
      await rack.clock.sleep(150_000);
      expect(pdu.on).toBe(true);
      expect(owed(database)).toBe(0);
      expect(pdu.opened).toBe(1);
      const writes = pdu.writes.length;
      await rack.clock.sleep(600_000);
      expect(pdu.writes).toHaveLength(writes);
      expect(rack.lines.filter((line) => line.includes("cut off"))).toHaveLength(1);
    }));

  test("is owed no longer when somebody says that it shall be off", () =>
    halfCycled(async (rack, pdu, database) => {
      pdu.fault = "none";
      expect(await ask(rack, "outlet.off")).toMatchObject({ state: "confirmed", writes: 0 });
      expect(owed(database)).toBe(0);
      await rack.clock.sleep(600_000);
      expect(pdu.on).toBe(false);
    }));
});

test("a stop in the middle of a cycle switches on before it ends", async () => {
  const database = openDatabase(":memory:", () => undefined);
  const rack = rackDouble(database);
  const pdu = deviceDouble({ commands: ["outlet.on", "outlet.off"] });
  rack.start("pdu", pdu);
  while (rack.store.device("pdu")?.connection.state !== "online") await rack.clock.sleep(10);
  const cycle = ask(rack, "outlet.cycle");
  while (pdu.on) await rack.clock.sleep(10);
  await rack[Symbol.asyncDispose]();
  expect(await cycle).toMatchObject({ state: "confirmed", writes: 2 });
  expect(pdu.on).toBe(true);
  expect(owed(database)).toBe(0);
});
