import { describe, expect, test } from "vitest";

import type { CommandName, Value } from "#domain/capability.ts";
import type { Fault } from "#domain/fault.ts";
import type { Session } from "#driver/contract.ts";
import { parseProfile } from "#driver/profile/load.ts";
import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { startSnmpAgent } from "#simulator/snmp/agent.ts";
import { readTable } from "./profile-table.ts";

const { signal } = new AbortController();
const head = "protocol: snmp\nmatch: { answers: 1.3.6.1.4.1.9.1.0 }\nproducts: []\ndevice: {}\nparts:\n";

const refusal = (parts: string): string => {
  try {
    parseProfile("made", head + parts, "made.yaml");
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

/** A device of this kind that serves this table, described and read whole. */
const withDevice = async (
  parts: string,
  table: string,
  use: (readings: Readonly<Record<string, Value>>, session: Session, writes: readonly string[]) => Promise<void> | void,
): Promise<void> => {
  const served = readTable(`1.3.6.1.4.1.9.1.0: 1\n${table}`);
  const driver = createSnmpDriver(systemClock, [parseProfile("made", head + parts, "made.yaml")]);
  await using agent = await startSnmpAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", tree: () => served.tree });
  const options = driver.options.parse({ host: "127.0.0.1", port: agent.port, community: "private", timeout: 2 });
  await using session = await driver.open(options, {} as never, signal);
  const description = await session.describe(signal);
  const wanted = description.parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point })));
  const readings = await session.read(wanted, signal);
  await use(Object.fromEntries(readings.map(({ part, point, value }) => [`${part} ${point}`, value])), session, served.writes);
};
const command = (name: CommandName, value?: number | string) =>
  ({ device: "made", part: "ups", name, by: { via: "mqtt" }, ...(value !== undefined && { value }) }) as const;
const faultOf = (work: Promise<void> | undefined): Promise<Fault> =>
  (work ?? Promise.resolve()).then(
    () => expect.fail("no fault"),
    (error: Fault) => error,
  );

const ups = (points: string, commands = ""): string => `  ups:\n    points:\n${points}${commands && `    commands:\n${commands}`}`;
const status = (source: string): string => ups(`      ups.status: { words: [${source}] }\n`);

describe("a profile is refused, with file, line and column,", () => {
  test.each([
    ["a misspelt status word", status("{ get: 1.3.6.1.4.1.9.2.0, map: { 2: [OVERLOAD] } }"), "made.yaml:8:60", "a status word was expected"],
    ["words for another point", ups("      ups.beeper: { words: [] }\n"), "made.yaml:8:19", "words are only for ups.status"],
    ["'otherwise' without a map", ups("      ups.batteryDate: { get: 1.3.6.1.4.1.9.2.0, otherwise: x }\n"), "made.yaml:8:61", "it stands beside a map"],
    ["a number that is mapped to a text", ups("      ups.charge: { get: 1.3.6.1.4.1.9.2.0, map: { 1: full } }\n"), "made.yaml:8:50", "numbers were expected"],
    ["a table for a number", ups("      ups.charge: { list: 1.3.6.1.4.1.9.2, count: 1.3.6.1.4.1.9.3.0 }\n"), "made.yaml:8:19", "only for a text or a flag"],
    [
      "a flag of a table that gives texts",
      ups("      ups.shutdownPending: { list: 1.3.6.1.4.1.9.2, count: 1.3.6.1.4.1.9.3.0, map: { 1: x } }\n"),
      "made.yaml:8:",
      "true and false",
    ],
    [
      "a value that no command brings",
      ups("      {}\n", "      ups.test: { set: 1.3.6.1.4.1.9.2.0, to: 1, value: {} }\n"),
      "made.yaml:10:17",
      "no value comes with this command",
    ],
    [
      "a value for a text",
      ups("      {}\n", "      ups.loadOff: { set: 1.3.6.1.4.1.9.2.0, to: 1, type: oid, value: {} }\n"),
      "made.yaml:10:20",
      "only a number takes a value",
    ],
    [
      "a command that leaves open what is written",
      ups("      {}\n", "      ups.loadOff: { set: 1.3.6.1.4.1.9.2.0, value: {} }\n"),
      "made.yaml:10:20",
      "so to is needed",
    ],
    ["lines without rows", "  output:\n    lines: true\n", "made.yaml:7:", "only rows are lines"],
    ["a condition", ups("      ups.charge: { get: 1.3.6.1.4.1.9.2.0, if: 3 }\n"), "made.yaml:8:19", "Unrecognized key"],
  ])("for %s", (_, parts, place, message) => {
    expect(refusal(parts)).toContain(place);
    expect(refusal(parts)).toContain(message);
  });
});

describe("status words", () => {
  const source = "{ get: 1.3.6.1.4.1.9.2.0, map: { 2: [OL], 3: [OB] } }";

  test("a source that says it does not know leaves its flags unknown, not false", async () => {
    const both = status(`${source}, { get: 1.3.6.1.4.1.9.3.0, absent: [1], map: { 3: [LB] } }`);
    await withDevice(both, "1.3.6.1.4.1.9.2.0: 2\n1.3.6.1.4.1.9.3.0: 1\n", (read) => expect(read).not.toHaveProperty(["ups ups.lowBattery"]));
    await withDevice(both, "1.3.6.1.4.1.9.2.0: 2\n1.3.6.1.4.1.9.3.0: 2\n", (read) => expect(read["ups ups.lowBattery"]).toBe(false));
  });

  test("on battery wins over on line, where one object tells of the inverter and another of the battery", async () => {
    const both = status(`{ get: 1.3.6.1.4.1.9.2.0, map: { 3: [OL] } }, { get: 1.3.6.1.4.1.9.3.0, map: { -1: [] }, otherwise: [OB] }`);
    await withDevice(both, "1.3.6.1.4.1.9.2.0: 3\n1.3.6.1.4.1.9.3.0: 12\n", (read) => expect(read["ups ups.status"]).toEqual(["OB"]));
    await withDevice(both, "1.3.6.1.4.1.9.2.0: 3\n1.3.6.1.4.1.9.3.0: -1\n", (read) => expect(read["ups ups.status"]).toEqual(["OL"]));
  });

  test("a text that is the name of something in every object is no word", async () => {
    const both = status(`${source}, { get: 1.3.6.1.4.1.9.3.0, map: { x: [LB] }, otherwise: [] }`);
    await withDevice(both, "1.3.6.1.4.1.9.2.0: 2\n1.3.6.1.4.1.9.3.0: constructor\n", (read) => expect(read["ups ups.status"]).toEqual(["OL"]));
  });

  test.each([
    ["0100", ["OB"]],
    ["1010", ["OL", "RB"]],
    ["0000", []],
  ])("flags %s", async (flags, words) => {
    const table = `1.3.6.1.4.1.9.2.0: "${flags}"\n`;
    await withDevice(status("{ flags: 1.3.6.1.4.1.9.2.0, map: { 1: [OL], 2: [OB], 3: [RB] } }"), table, (read) =>
      expect(read["ups ups.status"]).toEqual(words),
    );
  });

  test("flags that are none tell nothing, not even that they are false", async () => {
    const known = status(`${source}, { flags: 1.3.6.1.4.1.9.3.0, map: { 3: [RB] } }`);
    await withDevice(known, "1.3.6.1.4.1.9.2.0: 2\n1.3.6.1.4.1.9.3.0: UNKNOWN\n", (read) => expect(read).not.toHaveProperty(["ups ups.replaceBattery"]));
  });

  test("several objects mean something together", async () => {
    const pair = status(`{ all: [1.3.6.1.4.1.9.2.0, 1.3.6.1.4.1.9.3.0], map: { 5 1.3.6.1.9: [CAL] } }, ${source}`);
    await withDevice(pair, "1.3.6.1.4.1.9.2.0: 5\n1.3.6.1.4.1.9.3.0: !oid 1.3.6.1.9\n", (read) => expect(read["ups ups.status"]).toEqual(["CAL"]));
    await withDevice(pair, "1.3.6.1.4.1.9.2.0: 3\n1.3.6.1.4.1.9.3.0: !oid 1.3.6.1.9\n", (read) => expect(read["ups ups.status"]).toEqual(["OB"]));
  });
});

describe("several forms of one point", () => {
  const forms = ups("      ups.charge: [{ get: 1.3.6.1.4.1.9.2.0, scale: 0.1, minimum: 1 }, { get: 1.3.6.1.4.1.9.3.0 }]\n");
  test.each([
    ["the finer one where it is measured", "1.3.6.1.4.1.9.2.0: 174\n1.3.6.1.4.1.9.3.0: 17\n", 17.4],
    ["the other where it is not", "1.3.6.1.4.1.9.2.0: 0\n1.3.6.1.4.1.9.3.0: 17\n", 17],
    ["the other where it is not there", "1.3.6.1.4.1.9.3.0: 17\n", 17],
  ])("%s", (_, table, value) => withDevice(forms, table, (read) => expect(read["ups ups.charge"]).toBe(value)));

  test.each([
    ["sum", undefined],
    ["largest", 30],
  ])("of cells of which one is not measured, the %s is %s", (over, value) =>
    withDevice(
      `  output:\n    points:\n      meter.power: { get: [1.3.6.1.4.1.9.2.1, 1.3.6.1.4.1.9.2.2], over: ${over}, minimum: 0 }\n`,
      "1.3.6.1.4.1.9.2: { 1: 30, 2: -1 }\n",
      (read) => expect(read["output meter.power"]).toBe(value),
    ),
  );
});

describe("rows", () => {
  const lines =
    "  output:\n    rows: 1.3.6.1.4.1.9.2\n    lines: true\n    whole: { meter.power: { get: 1.3.6.1.4.1.9.3, over: sum } }\n    points: { meter.voltage: { get: 1.3.6.1.4.1.9.2 } }\n";
  test.each([
    ["1.3.6.1.4.1.9.2: { 1: 230 }\n1.3.6.1.4.1.9.3: { 1: 40 }\n", { "output meter.voltage": 230, "output meter.power": 40 }],
    [
      "1.3.6.1.4.1.9.2: { 1: 230, 2: 229 }\n1.3.6.1.4.1.9.3: { 1: 40, 2: 2 }\n",
      { "output meter.power": 42, "output/L1 meter.voltage": 230, "output/L2 meter.voltage": 229 },
    ],
  ])("a single line has no number, several are L1, L2: %s", (table, readings) => withDevice(lines, table, (read) => expect(read).toEqual(readings)));

  const wanted =
    "  outlet:\n    rows: 1.3.6.1.4.1.9.2\n    where: { get: 1.3.6.1.4.1.9.2, in: [1, 2] }\n    alone: true\n    points: { outlet.on: { get: 1.3.6.1.4.1.9.2, map: { 1: true, 2: false } } }\n";
  test("those that are not wanted are no parts, and a single one that is left has no number", async () => {
    await withDevice(wanted, "1.3.6.1.4.1.9.2: { 1: 1, 2: 4, 3: 2 }\n", (read) =>
      expect(Object.keys(read)).toEqual(["outlet/1 outlet.on", "outlet/3 outlet.on"]),
    );
    await withDevice(wanted, "1.3.6.1.4.1.9.2: { 1: 3, 2: 4, 3: 2 }\n", (read) => expect(Object.keys(read)).toEqual(["outlet outlet.on"]));
  });

  test("two UPSs behind one card are told apart by their whole index", async () => {
    const two = "  outlet:\n    rows: 1.3.6.1.4.1.9.2\n    index: 2\n    id: [2]\n    points: { outlet.on: { get: 1.3.6.1.4.1.9.2, map: { 1: true } } }\n";
    await withDevice(two, "1.3.6.1.4.1.9.2: { 1.1: 1, 2.1: 1 }\n", (read) =>
      expect(Object.keys(read)).toEqual(["outlet/1.1 outlet.on", "outlet/2.1 outlet.on"]),
    );
  });
});

describe("the value of a command", () => {
  const object = "1.3.6.1.4.1.9.2.0";
  const written = ups(
    "      ups.charge: { get: 1.3.6.1.4.1.9.1.0 }\n",
    `      ups.loadOff: { set: ${object}, to: 5, type: ticks, value: { scale: 100, add: 1, minimum: 10, maximum: 600 } }\n      ups.loadOn: { set: ${object}, to: 7, type: ticks }\n`,
  );
  const table = `${object}: !writable-ticks 0\n`;

  test("is written in the device's unit, and without one what the profile says", () =>
    withDevice(written, table, async (_, session, writes) => {
      await session.execute?.(command("ups.loadOff", 10), signal);
      await session.execute?.(command("ups.loadOff"), signal);
      expect(writes).toEqual([`${object} = ticks 1100`, `${object} = ticks 5`]);
    }));

  test.each([
    ["ups.loadOff", 9, "rejected", "9 is not between 10 and 600"],
    ["ups.loadOff", 601, "rejected", "601 is not between 10 and 600"],
    ["ups.loadOff", "soon", "rejected", 'a number was expected, not "soon"'],
    ["ups.loadOff", Number.NaN, "rejected", "a number was expected"],
    ["ups.loadOn", 10, "unsupported", "takes no value"],
  ] as const)("%s with %j is refused, and nothing leaves the machine", (name, value, kind, message) =>
    withDevice(written, table, async (_, session, writes) => {
      const fault = await faultOf(session.execute?.(command(name, value), signal));
      expect(fault).toMatchObject({ kind, written: false });
      expect(fault.message).toContain(message);
      expect(writes).toEqual([]);
    }),
  );

  test("a lock goes along as it stands, and only where the device has it", async () => {
    const locked = ups("      ups.charge: { get: 1.3.6.1.4.1.9.1.0 }\n", `      ups.test: { set: ${object}, to: 5, lock: 1.3.6.1.4.1.9.3.0 }\n`);
    await withDevice(locked, `${object}: !writable 0\n1.3.6.1.4.1.9.3.0: !writable 17\n`, async (_, session, writes) => {
      await session.execute?.(command("ups.test"), signal);
      expect(writes).toEqual(["1.3.6.1.4.1.9.3.0 = integer 17", `${object} = integer 5`]);
    });
    await withDevice(locked, `${object}: !writable 0\n`, async (_, session, writes) => {
      await session.execute?.(command("ups.test"), signal);
      expect(writes).toEqual([`${object} = integer 5`]);
    });
  });
});
