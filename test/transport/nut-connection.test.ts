import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { isFault } from "#domain/fault.ts";
import { Secret } from "#domain/secret.ts";
import { type Clock, systemClock } from "#platform/clock.ts";
import { until } from "#test/peer/until.ts";
import { connectNut } from "#transport/nut/connection.ts";
import { createNutPool } from "#transport/nut/pool.ts";
import type { NutServer } from "#transport/nut/server.ts";

interface Heard extends AsyncDisposable {
  readonly server: NutServer;
  readonly text: string;
  /** Connections that are open now. */
  readonly open: number;
}

/** A server that says what the test wants when it hears something. */
const listen = async (reply: (text: string, socket: Socket) => void): Promise<Heard> => {
  let text = "";
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket
      .on("error", () => undefined)
      .on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        reply(chunk.toString("latin1"), socket);
      });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    server: { host: "127.0.0.1", port: (server.address() as AddressInfo).port, username: "admin", password: new Secret("correct horse") },
    get text() {
      return text;
    },
    get open() {
      return sockets.filter((socket) => !socket.destroyed).length;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const soon = (): AbortSignal => AbortSignal.timeout(5000);

test("an idle connection says something before upsd's 60 s are over, again and again", async () => {
  const timers: { readonly ms: number; readonly act: () => void }[] = [];
  const clock: Clock = {
    ...systemClock,
    after: (ms, act) => {
      const timer = { ms, act };
      timers.push(timer);
      return { [Symbol.dispose]: () => void timers.splice(timers.indexOf(timer), 1) };
    },
  };
  await using heard = await listen((text, socket) => void socket.write(text.startsWith("VER") ? "upsd\n" : "OK Goodbye\n"));
  await using connection = await connectNut(clock, heard.server, soon());
  for (const times of [1, 2]) {
    const [idle] = timers;
    expect(timers).toHaveLength(1);
    expect(idle?.ms).toBeLessThan(60_000);
    idle?.act();
    await until(() => heard.text === "VER\n".repeat(times), "a sign of life");
    await until(() => timers.length === 1, "the answer came");
  }
  expect(connection.open).toBe(true);
});

test.for([
  ["says something unencrypted behind its agreement", "OK STARTTLS\nOK\nOK\nOK\n"],
  ["speaks no TLS after its agreement", "OK STARTTLS\n"],
  ["agrees to something else", "OK\nOK\n"],
  ["closes after its agreement", "OK STARTTLS\n."],
] as const)("a server that %s gets neither name nor password", async ([, reply]) => {
  await using heard = await listen((text, socket) => {
    socket.write(text === "STARTTLS\n" ? reply.replace(".", "") : "OK\nOK\nOK\n");
    if (reply.endsWith(".")) socket.end();
  });
  const fault = await connectNut(systemClock, { ...heard.server, tls: {} }, soon()).then(
    async (connection) => await connection.login(),
    (error: unknown) => error,
  );
  expect(isFault(fault)).toBe(true);
  expect(String(fault)).not.toContain("in time");
  expect(heard.text.startsWith("STARTTLS\n")).toBe(true);
  expect(heard.text).not.toMatch(/admin|horse/);
});

test("who gives up joining does not disturb who waits on, and the last one ends the attempt", async () => {
  await using heard = await listen((text, socket) => void socket.write(text === "STARTTLS\n" ? "" : "OK Goodbye\n"));
  const pool = createNutPool(systemClock);
  const stop = new AbortController();
  const stuck = { ...heard.server, tls: {} };
  const ends = [pool.join(stuck, stop.signal), pool.join(stuck, stop.signal)].map((joining) => joining.catch((error: unknown) => error));
  const patient = await pool.join(heard.server, soon());
  await until(() => heard.text === "STARTTLS\n", "one attempt for both");
  expect(heard.open).toBe(2);
  stop.abort();
  await until(() => heard.open === 1, "the attempt that nobody waits for any more is ended at once", 2000);
  for (const end of ends) expect(isFault(await end, "unreachable")).toBe(true);
  expect(patient.open).toBe(true);
  await patient[Symbol.asyncDispose]();
  expect(patient.open).toBe(false);
  expect(heard.text).toBe("STARTTLS\nLOGOUT\n");
});
