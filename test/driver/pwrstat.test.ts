import fc from "fast-check";
import { expect, test } from "vitest";
import { pointSpec } from "#domain/capability.ts";
import { isFault } from "#domain/fault.ts";
import type { Reading } from "#domain/device.ts";
import { readAnswer } from "#driver/pwrstat/answer.ts";
import { readListing } from "#driver/pwrstat/listing.ts";
import { pwrstatOptions } from "#driver/pwrstat/option.ts";
import { draftEntry } from "#config/entry-draft.ts";
import { createPwrstatDriver } from "#driver/pwrstat/pwrstat-driver.ts";
import { answerFields, printedFields } from "#transport/pwrstat/field.ts";
import { answerOf, full, startDaemon } from "#test/transport/pwrstat-double.ts";
import { allPoints, faultOf, soon } from "#test/peer/nut-open.ts";
import { everything, openPwrstat, valuesOf } from "./pwrstat-open.ts";
import { printed, seen } from "./pwrstat-text.ts";

test("describes and reads a UPS by the socket, which takes no commands", async () => {
  await using daemon = await startDaemon();
  await using session = await openPwrstat({ socket: daemon.path });
  const { parts, ...device } = await session.describe(soon());
  expect(device).toEqual({ manufacturer: "CyberPower", model: "CP 1500C", firmware: "BFE5107.B23" });
  expect(parts.map(({ id, commands }) => [id, commands])).toEqual([
    ["ups", []],
    ["input", []],
    ["output", []],
    ["battery", []],
    ["variable/input.voltage.nominal", []],
  ]);
  expect(await everything(session)).toMatchObject({ "ups ups.load": 10.5, "output meter.voltage": 119, "ups ups.charging": true });
});

test("what a model does not answer is no point of it, and what it may answer later is", async () => {
  const { power_event_date: _date, diagnostic_result: _result, load: _load, ...fields } = full;
  await using daemon = await startDaemon(fields);
  await using session = await openPwrstat({ socket: daemon.path });
  const points = (await session.describe(soon())).parts[0]?.points;
  expect(points).toContain("ups.lastTransfer");
  for (const point of ["ups.load", "ups.testResult", "ups.overload", "ups.lowBattery", "ups.replaceBattery"] as const) expect(points).not.toContain(point);
});

test("the link is lost at the start: unreachable, with the reason; lost later: known to be", async () => {
  await using daemon = await startDaemon();
  const whole = daemon.reply;
  const gone: typeof whole = (socket) => void socket.write(answerOf({ state: "5", power_event_result: "0" }));
  await using session = await openPwrstat({ socket: daemon.path });
  daemon.reply = gone;
  expect(await faultOf(session.describe(soon()))).toMatchObject({ kind: "unreachable", message: expect.stringContaining("lost its UPS") as string });
  daemon.reply = whole;
  const wanted = allPoints(await session.describe(soon()));
  daemon.reply = gone;
  expect(valuesOf(await session.read(wanted, soon()))).toEqual({
    "ups ups.status": ["NOCOMM"],
    "ups ups.state": "communication-lost",
    "ups ups.communicationLost": true,
  });
});

test("two hundred readers at once are one connection", async () => {
  await using daemon = await startDaemon();
  const driver = createPwrstatDriver();
  await using session = await openPwrstat({ socket: daemon.path }, driver);
  const wanted = [{ part: "ups", point: "ups.charge" }] as const;
  const answers = await Promise.all(Array.from({ length: 200 }, () => session.read(wanted, soon())));
  expect(new Set(answers.map((readings) => readings[0]?.value))).toEqual(new Set([97]));
  expect(daemon.asked).toEqual(["STATUS\n\n"]);
});

const fits = ({ point, value }: Reading): boolean => {
  const spec = pointSpec(point);
  switch (spec.type) {
    case "number":
      return typeof value === "number" && Number.isFinite(value) && value >= 0;
    case "flag":
      return typeof value === "boolean";
    case "choice":
      return (spec.options as readonly unknown[]).includes(value);
    case "words":
      return Array.isArray(value) && value.every((one) => /^[A-Z]+$/.test(String(one)));
    case "time":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "text":
      return typeof value === "string" && value.trim() !== "";
  }
};

/** A good text with pieces cut out, doubled, moved or put in. */
const spoilt = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(
        fc.tuple(
          fc.nat(1200),
          fc.nat(60),
          fc.oneof(
            fc.constantFrom("", "=", "..", "\n", "\n\n", "\0", " ", "-1", "65535", "999999999999", "N/A", "yes", "Normal", "%"),
            fc.string({ unit: "binary", maxLength: 6 }),
          ),
        ),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
    )
    .map(([text, cuts]) => cuts.reduce((left, [at, length, piece]) => left.slice(0, at) + piece + left.slice(at + length), text));

test("100,000 spoilt answers: readings that fit, or a fault, and nothing else", () => {
  const runs = 50_000;
  const counts = { read: 0, refused: 0, readings: 0 };
  const judge = (readings: readonly Reading[]): void => {
    counts.read++;
    counts.readings += readings.length;
    const wrong = readings.filter((one) => !fits(one));
    if (wrong.length > 0 || new Set(readings.map(({ part, point }) => part + point)).size !== readings.length) throw new Error(JSON.stringify(wrong));
  };
  const attempt = (read: () => readonly Reading[]): void => {
    try {
      judge(read());
    } catch (error) {
      if (!isFault(error, "malformed")) throw error;
      counts.refused++;
    }
  };
  fc.assert(
    fc.property(spoilt([answerOf(full)]), (text) => attempt(() => readAnswer(answerFields(text)).readings)),
    { numRuns: runs },
  );
  fc.assert(
    fc.property(spoilt(Object.values(seen).map(printed)), (text) => attempt(() => readListing(printedFields(text)).readings)),
    { numRuns: runs },
  );
  expect(counts.read + counts.refused).toBe(2 * runs);
  expect(counts.read).toBeGreaterThan(runs);
  expect(counts.refused).toBeGreaterThan(100);
  expect(counts.readings).toBeGreaterThan(10 * runs);
}, 120_000);

test("an answer of hostile length is read in no time, or the test's own would be over", () => {
  for (const piece of ["9", "9 V", "=", ".", " at ", "a.. 1 V\n", "STATUS\n", "1 Watt("]) {
    const text = `STATUS\nstate=0\nload=${piece.repeat(200_000)}\nLoad.. ${piece.repeat(200_000)}\n`;
    const readings = [...readAnswer(answerFields(text)).readings, ...readListing(printedFields(text)).readings];
    expect(readings.some(({ point }) => point === "ups.load" || point === "meter.power")).toBe(false);
  }
});

test.for([
  [{}, "needs socket or program, and not both"],
  [{ socket: "/a", program: "/b" }, "needs socket or program, and not both"],
  [{ socket: "pwrstatd.ipc" }, "is no whole path, which begins with /"],
  [{ socket: `/${"ä".repeat(60)}` }, "has more than 107 bytes, which no socket has"],
  [{ program: "pwrstat -status" }, "is no whole path, which begins with /"],
] as const)("the options %j are wrong, and why is said", ([options, why]) => {
  expect(pwrstatOptions.safeParse(options).error?.issues.map(({ message }) => message)).toEqual([why]);
});

test("a device is identified by its path; another machine's address is not taken for this one's daemon", () => {
  const driver = createPwrstatDriver();
  expect(draftEntry("pwrstat", driver, "/var/pwrstatd.ipc", [])).toMatchObject({ raw: { socket: "/var/pwrstatd.ipc" } });
  expect(draftEntry("pwrstat", driver, "192.168.1.20", [])).toEqual({ lacking: "socket" });
});
