import type { Socket } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Fault, isFault } from "#domain/fault.ts";
import { systemClock, type Clock } from "#platform/clock.ts";
import { faultOf } from "#test/peer/nut-open.ts";
import { freePort } from "#test/peer/port.ts";
import { until } from "#test/peer/until.ts";
import { answerOf, inRecord, smartUps, startApcupsd, statusLines } from "#test/transport/apcupsd-double.ts";
import { askNis, patience } from "#transport/apcupsd/ask.ts";
import { longestRecord, RecordReader } from "#transport/apcupsd/record-reader.ts";

const limit = { records: 500, bytes: 65_536 };
const host = "127.0.0.1";
const never = new AbortController().signal;
const soon = (): AbortSignal => AbortSignal.timeout(5000);

/** A clock on which a long wait is over at once. */
const hurried: Clock = { ...systemClock, after: (ms, act) => systemClock.after(ms >= patience ? 50 : ms, act) };

/** A clock that never ends a wait: whatever ends is ended by something else. */
const patient: Clock = { ...systemClock, after: () => ({ [Symbol.dispose]: () => undefined }) };

const cut = (bytes: Buffer, sizes: readonly number[]): readonly Buffer[] => {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
};

test("an answer is the same however the network cuts it", () => {
  const lines = fc.array(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map((text) => `x${text}`.replaceAll(/[\u0000-\u0020]+$/g, "y")),
    { maxLength: 70 },
  );
  let cuts = 0;
  fc.assert(
    fc.property(lines, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }), (given, sizes) => {
      const reader = new RecordReader(limit);
      const answers = cut(answerOf(given), sizes).map((piece) => reader.push(piece));
      cuts += answers.length;
      expect(answers.at(-1)).toEqual(given);
      expect(answers.slice(0, -1).every((answer) => answer === undefined)).toBe(true);
    }),
    { numRuns: 1000 },
  );
  expect(cuts).toBeGreaterThan(5000);
});

test("100,000 spoilt answers: each is read, refused as malformed, or waits for more, and holds no more than its limit", () => {
  const whole = answerOf(statusLines(smartUps));
  const ends = { read: 0, refused: 0, waiting: 0 };
  const suffer = (bytes: Buffer, size: number): void => {
    const reader = new RecordReader({ records: 20, bytes: 400 });
    try {
      const answer = cut(bytes, [size]).reduce<readonly string[] | undefined>((found, piece) => found ?? reader.push(piece), undefined);
      ends[answer ? "read" : "waiting"]++;
      if (answer && answer.length > 20) throw new Error("more records than allowed");
    } catch (error) {
      if (!isFault(error, "malformed")) throw error;
      ends.refused++;
    }
  };
  const noise = fc.uint8Array({ minLength: 12, maxLength: 40 });
  fc.assert(
    fc.property(noise, fc.nat(whole.length - 1), fc.integer({ min: 20, max: 200 }), (given, from, length) => {
      // One throw of the dice makes ten answers: noise at ten places of a whole one, from its start or from anywhere.
      for (let turn = 0; turn < 10; turn++) {
        const start = (given[turn] ?? 0) % 3 === 0 ? 0 : from;
        const bytes = Buffer.from(whole.subarray(start, start + length));
        const spoilt = given.subarray(turn, turn + ((given[turn + 1] ?? 0) % 4));
        bytes.set(spoilt.subarray(0, bytes.length), ((given[turn + 2] ?? 0) * 7) % Math.max(1, bytes.length - spoilt.length + 1));
        suffer(bytes, 1 + (given[turn] ?? 0));
      }
    }),
    { numRuns: 10_000 },
  );
  expect(ends.read + ends.refused + ends.waiting).toBe(100_000);
  for (const count of Object.values(ends)) expect(count).toBeGreaterThan(50);
});

test.for([
  ["many records", { records: 5, bytes: 10_000 }, answerOf(["a", "b", "c", "d", "e", "f"])],
  ["many bytes", { records: 500, bytes: 2000 }, answerOf(["a".repeat(900), "b".repeat(900), "c".repeat(900)])],
  ["a record that is too long", { records: 500, bytes: 10_000 }, answerOf(["a".repeat(longestRecord)])],
] as const)("too %s is malformed, and what just fits is not", ([, most, bytes]) => {
  expect(() => new RecordReader(most).push(bytes)).toThrow(Fault);
  expect(new RecordReader(most).push(answerOf(["a", "b", "c", "d", "e"]))).toHaveLength(5);
  expect(new RecordReader(most).push(answerOf(["a".repeat(longestRecord - 1)]))).toHaveLength(1);
});

test("asks on a connection of its own, which is gone afterwards", async () => {
  await using server = await startApcupsd({ STATUS: "ONLINE", MODEL: "Ünïcode" });
  for (let times = 0; times < 50; times++)
    expect(await askNis(patient, { host, port: server.port }, "status", never)).toEqual([
      "APC      : 001,003,0999",
      "STATUS   : ONLINE",
      "MODEL    : Ünïcode",
      "END APC  : 2026-11-20 22:35:47 +0000",
    ]);
  expect((await askNis(systemClock, { host, port: server.port }, "events", never)).at(0)).toBe("2026-11-20 20:11:03 +0100  Power failure.");
  await until(() => server.open === 0, "no connection is left");
  expect(server.asked).toHaveLength(51);
});

const status = answerOf(statusLines(smartUps));
const drip = (socket: Socket): void => {
  if (!socket.destroyed) socket.write(Buffer.concat(Array.from({ length: 50 }, () => inRecord("X: 1"))), () => setImmediate(drip, socket));
};

test.for([
  ["says nothing", "timeout", () => undefined],
  ["closes without a word", "unreachable", (socket: Socket) => socket.end()],
  ["resets the connection", "unreachable", (socket: Socket) => socket.resetAndDestroy()],
  ["breaks off in a record", "unreachable", (socket: Socket) => socket.end(status.subarray(0, 333))],
  ["leaves out the end", "unreachable", (socket: Socket) => socket.end(status.subarray(0, -2))],
  ["stops in the middle", "timeout", (socket: Socket) => socket.write(status.subarray(0, -1))],
  ["never ends", "malformed", drip],
  ["sends much at once", "malformed", (socket: Socket) => socket.write(Buffer.alloc(1_000_000, 1))],
  ["speaks HTTP", "malformed", (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["speaks NUT", "malformed", (socket: Socket) => socket.write("ERR UNKNOWN-COMMAND\n")],
  [
    "names a longer record than there are",
    "malformed",
    (socket: Socket) => socket.write(Buffer.from([(longestRecord + 1) >> 8, (longestRecord + 1) & 255, 65])),
  ],
] as const)("a server that %s ends in a fault of kind %s, and nothing of it stays", async ([, kind, misbehave]) => {
  await using server = await startApcupsd();
  server.misbehave = misbehave;
  const clock = kind === "timeout" ? hurried : systemClock;
  const faults = await Promise.all(Array.from({ length: 10 }, () => faultOf(askNis(clock, { host, port: server.port }, "status", never))));
  expect(faults.map((fault) => fault.kind)).toEqual(Array.from({ length: 10 }, () => kind));
  expect(faults[0]?.message).toMatch(/apcupsd/);
  await until(() => server.open === 0, "the server sees every connection end");
  server.misbehave = undefined;
  expect(await askNis(systemClock, { host, port: server.port }, "status", soon())).toHaveLength(33);
});

test("a hundred askers that give up leave no listener and no connection", async () => {
  await using server = await startApcupsd();
  server.misbehave = () => undefined;
  const life = new AbortController();
  const asked = Array.from({ length: 100 }, () => faultOf(askNis(patient, { host, port: server.port }, "status", life.signal)));
  await until(() => server.asked.length === 100, "all have asked");
  life.abort(new Error("stopped"));
  expect((await Promise.all(asked)).every((fault) => fault instanceof Fault && fault.kind === "timeout")).toBe(true);
  await until(() => server.open === 0, "the server sees every connection end");
  expect(await faultOf(askNis(systemClock, { host, port: server.port }, "status", life.signal))).toMatchObject({ kind: "timeout" });
});

test("where nothing listens, it says what to look at", async () => {
  const fault = await faultOf(askNis(systemClock, { host, port: await freePort("tcp") }, "status", soon()));
  expect(fault.kind).toBe("unreachable");
  expect(fault.message).toContain("NETSERVER");
});
