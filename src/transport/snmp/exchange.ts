import { Fault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import { type Answer, type Target, isWhole } from "./answer.ts";
import { type Asked, CommunityReader, asked } from "./community-reader.ts";
import type { Community, Credentials, V3User } from "./credentials.ts";
import type { Deadlines } from "./deadlines.ts";
import { expected } from "./expected-object.ts";
import type { BulkRequest } from "./fetch.ts";
import { createLibraryAsker, judge, openLibrary } from "./library-session.ts";
import { lacksProtection } from "./protection.ts";
import { encodeQuestion, envelope } from "./question.ts";
import type { SharedSocket } from "./shared-socket.ts";
import { faultOf } from "./snmp-fault.ts";
import type { Varbind } from "./varbind.ts";

/** One question, one answer. Throws `Fault`, or the signal's reason when it is aborted. Not to be used side by side. */
export interface Exchange extends Disposable {
  get(oids: readonly string[], signal: AbortSignal): Promise<Answer>;
  getNext(oids: readonly string[], signal: AbortSignal): Promise<Answer>;
  /** Flat, in the order of the answer: first the single ones, then row by row. */
  getBulk(oids: readonly string[], singles: number, rows: number, signal: AbortSignal): Promise<Answer>;
  /** One prepared request after the other; ends with the first answer that holds less than was expected. */
  getBulks(requests: readonly BulkRequest[], signal: AbortSignal): Promise<readonly Answer[]>;
  /** One datagram, whatever happens. */
  set(writes: readonly Varbind[], signal: AbortSignal): Promise<Answer>;
}

/** What all exchanges of the program share. */
export interface Shared {
  readonly socket: SharedSocket;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
}

const closed = (name: string): Fault => new Fault("unreachable", `the connection to ${name} was closed`);

const levelOf = ({ authentication, privacy }: V3User): "none" | "authenticated" | "encrypted" => {
  if (!authentication) return "none";
  return privacy ? "encrypted" : "authenticated";
};

/** Version 3: all of it is the library's. */
const openSecured = (target: Target, user: V3User, { socket, clock }: Shared, patience: number): Exchange => {
  const level = levelOf(user);
  const channel = socket.open(target.address, target.port, {
    accepts: (message) => !lacksProtection(message, level),
    // The library would let the request run into its timeout, or forget it. It fails at once instead.
    broken: (error) => asker.fail(error),
  });
  const library = openLibrary(target, user, channel);
  const asker = createLibraryAsker(library, target.name, patience, clock);
  // Without a listener, one malformed datagram would end the process.
  library.on("error", asker.fail);
  const getBulk: Exchange["getBulk"] = (oids, singles, rows, signal) => asker.ask(signal, false, (done) => library.getBulk(oids, singles, rows, done));
  return {
    get: (oids, signal) => asker.ask(signal, false, (done) => library.get(oids, done)),
    getNext: (oids, signal) => asker.ask(signal, false, (done) => library.getNext(oids, done)),
    getBulk,
    getBulks: async (requests, signal) => {
      const answers: Answer[] = [];
      for (const { oids, singles, rows, places } of requests) {
        const answer = await getBulk(oids, singles, rows, signal);
        answers.push(answer);
        if (!isWhole(answer, places.length)) break;
      }
      return answers;
    },
    set: (writes, signal) => asker.ask(signal, true, (done) => library.set(writes, done)),
    [Symbol.dispose]: () => {
      asker.fail(closed(target.name));
      channel.close();
    },
  };
};

/** Versions 1 and 2c: the library sends the writes, and decodes what is not as expected. */
const openCommunity = (target: Target, credentials: Community, { socket, deadlines, clock }: Shared, patience: number): Exchange => {
  const fail = (error: Error): void => {
    asker.fail(error);
    reader.fail(faultOf(error, target.name));
  };
  const channel = socket.open(target.address, target.port, {
    accepts: (message) => {
      if (!reader.waits) return true;
      reader.hear(message);
      return false;
    },
    broken: fail,
  });
  const library = openLibrary(target, credentials, channel);
  const asker = createLibraryAsker(library, target.name, patience, clock);
  library.on("error", fail);
  const reader = new CommunityReader({
    name: target.name,
    patience,
    clock,
    deadlines,
    send: channel.send,
    judge: (id, answer) => judge(library, id, answer),
  });
  // The library's word for it: it takes an empty community for `public`.
  const head = envelope(credentials.version, library.community);
  const prepared = new WeakMap<readonly BulkRequest[], readonly Asked[]>();
  const prepare = (requests: readonly BulkRequest[]): readonly Asked[] => {
    const known = prepared.get(requests);
    if (known) return known;
    const made = requests.map((one) => asked(encodeQuestion(head, "getBulk", one.oids, one.singles, one.rows), one.expected, false));
    prepared.set(requests, made);
    return made;
  };
  const one = async (question: Asked, signal: AbortSignal): Promise<Answer> => (await reader.ask([question], signal))[0] as Answer;
  return {
    get: (oids, signal) => one(asked(encodeQuestion(head, "get", oids), oids.map(expected), true), signal),
    getNext: (oids, signal) => one(asked(encodeQuestion(head, "getNext", oids), oids.map(expected), true), signal),
    getBulk: (oids, singles, rows, signal) => one(asked(encodeQuestion(head, "getBulk", oids, singles, rows), [], false), signal),
    getBulks: (requests, signal) => reader.ask(prepare(requests), signal),
    set: (writes, signal) => asker.ask(signal, true, (done) => library.set(writes, done)),
    [Symbol.dispose]: () => {
      fail(closed(target.name));
      reader.close();
      channel.close();
    },
  };
};

/** `patience`: milliseconds that an answer may take, all tries of a read together. */
export const openExchange = (target: Target, credentials: Credentials, shared: Shared, patience: number): Exchange =>
  credentials.version === "3" ? openSecured(target, credentials, shared, patience) : openCommunity(target, credentials, shared, patience);
