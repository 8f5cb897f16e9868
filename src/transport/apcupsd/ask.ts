import { connect } from "node:net";
import { Fault, isFault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import { addressOf, type NisServer } from "./nis-server.ts";
import { type AnswerLimit, RecordReader } from "./record-reader.ts";

/** apcupsd answers out of its memory, at once; it waits only while its driver holds the lock on the data. */
export const patience = 5_000;

/** What apcupsd can be asked, and how much may come: a status has some 60 records, an event log as many lines as its EVENTSFILEMAX allows. */
const limits = {
  status: { records: 500, bytes: 64 * 1024 },
  events: { records: 20_000, bytes: 2 * 1024 * 1024 },
} as const satisfies Record<string, AnswerLimit>;
export type NisRequest = keyof typeof limits;

const inBytes = (request: string): Buffer => {
  const bytes = Buffer.alloc(2 + request.length, request, "latin1");
  bytes.writeUInt16BE(request.length);
  bytes.write(request, 2, "latin1");
  return bytes;
};
const requests: Readonly<Record<NisRequest, Buffer>> = { status: inBytes("status"), events: inBytes("events") };

const reasons: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there; in its apcupsd.conf, NETSERVER must be on and NISIP an address that others can reach"],
  ["ENOTFOUND", "its name is not known"],
  ["EAI_AGAIN", "its name cannot be resolved now"],
]);

const lost = (server: NisServer, error: unknown): Fault => {
  const code = String((error as NodeJS.ErrnoException).code);
  return new Fault("unreachable", `apcupsd at ${addressOf(server)} cannot be reached: ${reasons.get(code) ?? "no connection to it"} (${code})`, {
    cause: error,
  });
};

/** What is kept off by the lists of tcp_wrappers gets a connection that ends without a word. */
const brokenOff = (server: NisServer, begun: boolean): Fault => {
  const how = begun ? "broke off in the middle of its answer" : "closed the connection without an answer; its hosts.allow may keep this machine out";
  return new Fault("unreachable", `apcupsd at ${addressOf(server)} ${how}`);
};

const tooLate = (server: NisServer, cause?: unknown): Fault =>
  new Fault("timeout", `apcupsd at ${addressOf(server)} had not answered when the wait for it ended`, { cause });

/**
 * Asks an apcupsd once, on a connection of its own, and gives the records of the answer without their line ends. Throws `Fault`: unreachable,
 * timeout, malformed. Nothing of it stays, however it ends.
 *
 * A connection that is kept costs more than a new one: apcupsd sends each record in a write of its own and without TCP_NODELAY, so that from
 * its second answer on it waits 45 ms for a delayed acknowledgement; and each holds one of its threads (measured with 3.14.14).
 */
export const askNis = (clock: Clock, server: NisServer, request: NisRequest, signal: AbortSignal): Promise<readonly string[]> => {
  if (signal.aborted) return Promise.reject(tooLate(server, signal.reason));
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  const reader = new RecordReader(limits[request]);
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  const fail = (fault: Fault): void => {
    socket.destroy();
    reject(fault);
  };
  const abort = (): void => fail(tooLate(server, signal.reason));
  const timer = clock.after(patience, () => fail(tooLate(server)));
  signal.addEventListener("abort", abort, { once: true });
  const take = (chunk: Buffer): void => {
    try {
      const records = reader.push(chunk);
      if (!records) return;
      socket.destroy();
      resolve(records);
    } catch (error) {
      fail(isFault(error) ? error : new Fault("malformed", `The answer of apcupsd at ${addressOf(server)} could not be read`, { cause: error }));
    }
  };
  socket
    .on("error", (error) => reject(lost(server, error)))
    .on("data", take)
    .on("end", () => fail(brokenOff(server, reader.begun)))
    .on("close", () => {
      timer[Symbol.dispose]();
      signal.removeEventListener("abort", abort);
      reject(brokenOff(server, reader.begun));
    })
    .write(requests[request]);
  return promise;
};
