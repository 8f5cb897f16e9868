import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Fault, isFault } from "#domain/fault.ts";
import { systemClock } from "#platform/clock.ts";
import type { SimulatedUps } from "#simulator/nut/simulated-ups.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { connectNut } from "#transport/nut/connection.ts";
import { Pipeline } from "#transport/nut/pipeline.ts";
import { getVariable, instantCommand, listCommands, listUpses, listVariables, trackingState } from "#transport/nut/question.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heap = (): number => (collect(), process.memoryUsage().heapUsed);

/** Repeatable chance (a linear congruential generator), so that a failure can be looked at again. */
const dice = (seed: number): ((sides: number) => number) => {
  let state = seed;
  return (sides) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * sides);
  };
};

const transcript = [
  "BEGIN LIST VAR a",
  'VAR a ups.status "OL"',
  'VAR a ups.model "Q \\" \\\\"',
  "END LIST VAR a",
  "BEGIN LIST CMD a",
  "CMD a beeper.mute",
  "END LIST CMD a",
  "BEGIN LIST UPS",
  'UPS a "x"',
  "END LIST UPS",
  'VAR a ups.load "3"',
  "OK TRACKING 1-2",
  "SUCCESS",
  "ERR DATA-STALE",
  "ERR",
  "ERR  ",
  "OK",
  "PENDING",
  "VER",
  '"',
  "\\",
  "",
];

const spoil = (line: string, roll: (sides: number) => number): Buffer => {
  const bytes = Buffer.from(`${line}\n`);
  for (let hits = roll(3); hits > 0; hits--) bytes[roll(bytes.length)] = roll(256);
  const kind = roll(8);
  if (kind === 0) return bytes.subarray(0, roll(bytes.length + 1));
  if (kind === 1) return Buffer.concat([bytes, bytes]);
  return kind === 2 ? Buffer.concat([bytes.subarray(roll(bytes.length)), Buffer.from("\r\n")]) : bytes;
};

const settled = async (work: readonly Promise<unknown>[]): Promise<number> => {
  const ends = await Promise.allSettled(work);
  for (const end of ends) if (end.status === "rejected" && !isFault(end.reason)) throw end.reason;
  return ends.length;
};

/** One connection's life among spoilt answers, in pieces of any size: all questions must end. */
const suffer = async (roll: (sides: number) => number): Promise<{ readonly lines: number; readonly ends: number }> => {
  let ended = 0;
  const pipeline = new Pipeline(
    systemClock,
    () => undefined,
    () => ended++,
  );
  const load = getVariable("a", "ups.load");
  const questions = [listVariables("a"), listCommands("a"), listUpses, load, instantCommand("a", "x"), trackingState("1-2"), load];
  const asked = questions.map((question) => pipeline.ask<unknown>(question));
  const ends = settled(asked);
  await new Promise((resolve) => setImmediate(resolve));
  const orderly = roll(2) === 0;
  const lines = Array.from({ length: 25 }, (_, at) =>
    orderly && roll(6) > 0 ? Buffer.from(`${transcript[at % transcript.length]}\n`) : spoil(transcript[roll(transcript.length)] ?? "", roll),
  );
  const bytes = Buffer.concat(lines);
  for (let at = 0; at < bytes.length;) {
    const size = 1 + roll(60);
    pipeline.take(bytes.subarray(at, at + size));
    at += size;
  }
  pipeline.end(new Fault("unreachable", "the end of the test"));
  expect(ended).toBe(1);
  return { lines: lines.length, ends: await ends };
};

test("100,000 spoilt lines in pieces of any size: every question ends, and nothing stays in memory", async () => {
  const roll = dice(3493);
  let lines = 0;
  let ends = 0;
  const live = async (count: number): Promise<void> => {
    while (lines < count) {
      const life = await suffer(roll);
      lines += life.lines;
      ends += life.ends;
    }
  };
  await live(10_000);
  const before = heap();
  await live(110_000);
  expect(heap() - before).toBeLessThan(2_000_000);
  expect(lines).toBeGreaterThanOrEqual(110_000);
  expect(ends).toBe((lines / 25) * 7);
}, 60_000);

test.for([
  ["floods lines", (socket: Socket) => socket.write('VAR a b "c"\n'.repeat(10_000))],
  ["never ends a line", (socket: Socket) => socket.write("x".repeat(1_000_000))],
  ["speaks binary", (socket: Socket) => socket.write(Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 37) % 256)))],
  ["closes at once", (socket: Socket) => socket.destroy()],
] as const)("a server that %s is left, and the question ends with a fault", async ([, misbehave]) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).once("data", () => misbehave(socket));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const connection = await connectNut(systemClock, { host: "127.0.0.1", port: (server.address() as AddressInfo).port }, AbortSignal.timeout(5000));
  const fault = await connection.ask(listVariables("a")).catch((error: unknown) => error);
  expect(isFault(fault, "malformed", "unreachable")).toBe(true);
  expect(connection.open).toBe(false);
  await connection[Symbol.asyncDispose]();
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => (socket.closed ? resolve() : socket.on("close", () => resolve())))));
  await new Promise((resolve) => server.close(resolve));
});

test("the simulated server stands 100,000 spoilt requests, and still answers", async () => {
  const ups: SimulatedUps = { name: "a", description: "x", variables: () => new Map([["ups.status", "OL"]]), commands: [], command: () => "ok" };
  await using server = await startNutServer({ host: "127.0.0.1", users: [], upses: () => [ups] });
  const roll = dice(9271);
  const requests = [
    "LIST VAR a",
    "GET VAR a ups.status",
    "LIST UPS",
    "USERNAME x",
    "PASSWORD y",
    "SET TRACKING ON",
    "INSTCMD a b",
    "GET TRACKING",
    "LOGIN a",
    "__proto__",
    "GET constructor a b",
    'LIST "',
  ];
  let sent = 0;
  while (sent < 100_000) {
    const socket = connect(server.port, "127.0.0.1").on("error", () => undefined);
    socket.resume();
    const lines = Array.from({ length: 5000 }, () => spoil(requests[roll(requests.length)] ?? "", roll));
    sent += lines.length;
    socket.end(Buffer.concat([...lines, Buffer.from("\nLOGOUT\n")]));
    await once(socket, "close");
  }
  const connection = await connectNut(systemClock, { host: "127.0.0.1", port: server.port }, AbortSignal.timeout(5000));
  expect(await connection.ask(getVariable("a", "ups.status"))).toBe("OL");
  await connection[Symbol.asyncDispose]();
}, 60_000);
