import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

import { expect, test } from "vitest";

import { udpRelay, type Act } from "./udp-relay.ts";
import { until } from "./until.ts";

interface Echo extends AsyncDisposable {
  readonly port: number;
  readonly got: readonly string[];
}

const bind = async (): Promise<Socket> => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
};
const closing = (socket: Socket) => (): Promise<void> => new Promise((resolve) => socket.close(() => resolve()));

const echo = async (): Promise<Echo> => {
  const socket = await bind();
  const got: string[] = [];
  socket.on("message", (datagram, from) => {
    got.push(String(datagram));
    socket.send(`re ${String(datagram)}`, from.port, from.address);
  });
  return { port: socket.address().port, got, [Symbol.asyncDispose]: closing(socket) };
};

/** What the client gets, with the address it came from, and what the server got, for `count` answers. */
const talk = async (
  act: (direction: string, datagram: Buffer) => Act,
  count: number,
  ...texts: readonly string[]
): Promise<{ heard: readonly string[]; got: readonly string[] }> => {
  await using server = await echo();
  await using relay = await udpRelay({ to: { host: "127.0.0.1", port: server.port }, act });
  const client = await bind();
  const heard: string[] = [];
  client.on("message", (datagram, from) => heard.push(`${String(datagram)} from ${from.address}`));
  for (const text of texts) {
    client.send(text, relay.port, relay.host);
    await until(() => relay.seen.request === texts.indexOf(text) + 1, `the relay has seen ${text}`);
  }
  await until(() => heard.length >= count, `${count} answers`);
  await closing(client)();
  return { heard, got: [...server.got] };
};

const answerFrom = "127.0.0.1";

test("passes both ways", async () => {
  expect(await talk(() => "pass", 1, "a")).toEqual({ heard: [`re a from ${answerFrom}`], got: ["a"] });
});

test("drops the request, or the answer after it has acted", async () => {
  expect((await talk((direction, datagram) => (direction === "request" && String(datagram) === "a" ? "drop" : "pass"), 1, "a", "b")).got).toEqual(["b"]);
  const lost = await talk((direction, datagram) => (direction === "answer" && String(datagram) === "re a" ? "drop" : "pass"), 1, "a", "b");
  expect(lost).toEqual({ heard: [`re b from ${answerFrom}`], got: ["a", "b"] });
});

test("duplicates, replaces, delays, and answers from a foreign address", async () => {
  expect((await talk((direction) => (direction === "answer" ? "duplicate" : "pass"), 2, "a")).heard).toEqual([
    `re a from ${answerFrom}`,
    `re a from ${answerFrom}`,
  ]);
  expect((await talk((direction) => (direction === "request" ? Buffer.from("x") : "pass"), 1, "a")).got).toEqual(["x"]);
  const late = await talk((direction, datagram) => (direction === "answer" && String(datagram) === "re a" ? { delay: 50 } : "pass"), 2, "a", "b");
  expect(late.heard).toEqual([`re b from ${answerFrom}`, `re a from ${answerFrom}`]);
  expect((await talk((direction) => (direction === "answer" ? { from: "127.0.0.9" } : "pass"), 1, "a")).heard).toEqual(["re a from 127.0.0.9"]);
});
