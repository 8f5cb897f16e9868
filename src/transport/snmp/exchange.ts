import { createSession, createV3Session, Version1, Version2c } from "net-snmp";
import { Fault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import { type Credentials, libraryUser } from "./credentials.ts";
import { type Expected, readExpected } from "./expected-answer.ts";
import { lacksProtection } from "./protection.ts";
import { createRoundTrip } from "./round-trip.ts";
import type { SharedSocket } from "./shared-socket.ts";
import { type Refused, faultOf, refusedOf } from "./snmp-fault.ts";
import type { Varbind } from "./varbind.ts";

export interface Target {
  /** IP address. */
  readonly address: string;
  readonly port: number;
  /** How a person knows the device, for messages. */
  readonly name: string;
}

export type Answer = { readonly varbinds: readonly Varbind[] } | { readonly refused: Refused };

/** One question, one answer. Throws `Fault`, or the signal's reason when it is aborted. Not to be used side by side. */
export interface Exchange extends Disposable {
  get(oids: readonly string[], signal: AbortSignal): Promise<Answer>;
  getNext(oids: readonly string[], signal: AbortSignal): Promise<Answer>;
  /** Flat, in the order of the answer: first the single ones, then row by row. `expected` is what the answer most likely holds. */
  getBulk(oids: readonly string[], singles: number, rows: number, expected: readonly Expected[], signal: AbortSignal): Promise<Answer>;
  /** One datagram, whatever happens. */
  set(writes: readonly Varbind[], signal: AbortSignal): Promise<Answer>;
}

type Done = (error: Error | null, result?: readonly (Varbind | readonly Varbind[])[]) => void;
/** The part of net-snmp's session that is used here; its own types lack the timers. */
interface Library {
  retries: number;
  timeout: number;
  backoff: number;
  get(oids: readonly string[], done: Done): void;
  getNext(oids: readonly string[], done: Done): void;
  getBulk(oids: readonly string[], singles: number, rows: number, done: Done): void;
  set(writes: readonly Varbind[], done: Done): void;
  cancelRequests(error: Error): void;
  unregisterRequest(id: number): unknown;
  on(event: "error", listener: (error: Error) => void): void;
}

const tries = 3;

const openLibrary = (target: Target, credentials: Credentials, dgramModule: unknown): Library => {
  const options = { port: target.port, dgramModule } as const;
  const session =
    credentials.version === "3"
      ? createV3Session(target.address, libraryUser(credentials), options)
      : createSession(target.address, credentials.community.reveal(), { ...options, version: credentials.version === "1" ? Version1 : Version2c });
  return session as unknown as Library;
};

const levelOf = (credentials: Credentials): "none" | "authenticated" | "encrypted" => {
  if (credentials.version !== "3" || !credentials.authentication) return "none";
  return credentials.privacy ? "encrypted" : "authenticated";
};

/** The library gives a bulk answer column by column; the order of rows is what tells where it was cut. */
const flatten = (result: readonly (Varbind | readonly Varbind[])[]): readonly Varbind[] => {
  const flat: Varbind[] = [];
  const columns: (readonly Varbind[])[] = [];
  for (const one of result) {
    if ("oid" in one) flat.push(one);
    else columns.push(one);
  }
  const rows = columns[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    for (const column of columns) {
      const varbind = column[row];
      if (varbind) flat.push(varbind);
    }
  }
  return flat;
};

type Send = (done: Done) => void;

/** Asks one question at a time. `fail` ends the one that waits, if any. */
interface Asker {
  ask(signal: AbortSignal, once: boolean, send: Send, expected?: readonly Expected[]): Promise<Answer>;
  fail(error: Error): void;
  asks(question: Buffer): void;
  /** True when the datagram was just what was expected; then the library need not read it. */
  takes(answer: Buffer): boolean;
}

const createAsker = (library: Library, name: string, patience: number, clock: Clock): Asker => {
  const roundTrip = createRoundTrip(patience, tries);
  let waiting: ((error: Error) => void) | undefined;
  let question: Buffer | undefined;
  let wanted: { readonly expected: readonly Expected[]; readonly done: Done } | undefined;
  const ask = (signal: AbortSignal, once: boolean, send: Send, expected?: readonly Expected[]): Promise<Answer> =>
    new Promise<Answer>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const start = clock.monotonic();
      const end = (): void => {
        waiting = undefined;
        wanted = undefined;
        signal.removeEventListener("abort", stop);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
        library.cancelRequests(error);
      };
      const stop = (): void => fail(signal.reason as Error);
      const own = (error: Error): void => fail(faultOf(error, name));
      waiting = own;
      signal.addEventListener("abort", stop, { once: true });
      Object.assign(library, once ? { retries: 0, timeout: patience, backoff: 1 } : { retries: tries - 1, ...roundTrip.schedule() });
      const done: Done = (error, result) => {
        // What comes after the end, such as the library's word that it was cancelled, is nobody's answer.
        if (waiting !== own) return;
        end();
        const refused = error && refusedOf(error);
        if (error && !refused) return reject(faultOf(error, name));
        roundTrip.learn(clock.monotonic() - start);
        resolve(refused ? { refused } : { varbinds: flatten(result ?? []) });
      };
      if (expected) wanted = { expected, done };
      send(done);
    });
  const takes = (answer: Buffer): boolean => {
    const read = wanted && question && readExpected(question, answer, wanted.expected);
    if (!read) return false;
    library.unregisterRequest(read.id);
    wanted?.done(null, read.varbinds);
    return true;
  };
  return { ask, takes, fail: (error) => waiting?.(error), asks: (message) => (question = message) };
};

/** `patience`: milliseconds that an answer may take, all tries of a read together. */
export const openExchange = (target: Target, credentials: Credentials, socket: SharedSocket, patience: number, clock: Clock): Exchange => {
  const level = levelOf(credentials);
  const channel = socket.open(target.address, target.port, {
    asks: (message) => asker.asks(message),
    accepts: (message) => (credentials.version === "3" ? !lacksProtection(message, level) : !asker.takes(message)),
    // The library would let the request run into its timeout, or forget it. It fails at once instead.
    broken: (error) => asker.fail(error),
  });
  const library = openLibrary(target, credentials, channel.dgram);
  const asker = createAsker(library, target.name, patience, clock);
  // Without a listener, one malformed datagram would end the process.
  library.on("error", asker.fail);
  return {
    get: (oids, signal) => asker.ask(signal, false, (done) => library.get(oids, done)),
    getNext: (oids, signal) => asker.ask(signal, false, (done) => library.getNext(oids, done)),
    getBulk: (oids, singles, rows, expected, signal) =>
      asker.ask(signal, false, (done) => library.getBulk(oids, singles, rows, done), expected.length > 0 ? expected : undefined),
    set: (writes, signal) => asker.ask(signal, true, (done) => library.set(writes, done)),
    [Symbol.dispose]: () => {
      asker.fail(new Fault("unreachable", `the connection to ${target.name} was closed`));
      channel.close();
    },
  };
};
