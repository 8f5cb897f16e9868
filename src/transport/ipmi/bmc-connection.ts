import { Fault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import type { BmcHub } from "./bmc-hub.ts";
import { type BmcWire, openBmcWire } from "./bmc-wire.ts";
import type { SuiteId } from "./cipher-suite.ts";
import { completionFault, nodeBusy } from "./completion-code.ts";
import { decodeAnswer, encodeRequest, type IpmiAnswer, type IpmiRequest } from "./ipmi-message.ts";
import { establishSession } from "./establish-session.ts";
import type { Login, OpenedSession } from "./open-session.ts";
import { resolvePeer } from "./resolve-peer.ts";
import { type Packet, sealPacket, unsealPacket } from "./rmcp-packet.ts";

export interface BmcTarget {
  readonly host: string;
  readonly port: number;
  readonly login: Login;
  /** Cipher suites to try, the best first. */
  readonly suites: readonly SuiteId[];
}

/**
 * One BMC, with at most one session and one request in flight. A session that was lost or has been idle is opened anew when it is
 * needed. Completion codes are the caller's to judge; what is thrown is a `Fault`.
 */
export interface BmcConnection extends AsyncDisposable {
  /** For what may be asked twice: repeated when unanswered or when the BMC is busy. Faults: unreachable, timeout, denied, busy. */
  ask(request: IpmiRequest, signal: AbortSignal): Promise<IpmiAnswer>;
  /** Sees to it that there is a session which works at this moment. Call it before `once`. Faults as with `ask`. */
  ready(signal: AbortSignal): Promise<void>;
  /** For what acts: one datagram, never repeated. After a fault, it is not known whether the BMC acted. */
  once(request: IpmiRequest, signal: AbortSignal): Promise<IpmiAnswer>;
}

const deviceId: IpmiRequest = { netFn: 0x06, command: 0x01 };
const setPrivilege = 0x3b;
const closeSession = 0x3c;

/** Sessions end after 60 s without a request (IPMI 2.0, 6.12.15), after 30 s with some; closed before that, their slot is free for others. */
const idleLimit = 25_000;
/** For so long after an answer, a session counts as alive without asking. */
const trusted = 1_000;
const tries = 4;
/** How long the answer to a command that acts is awaited, at least. */
const actPatience = 3_000;
const closePatience = 500;

const never = new AbortController().signal;
const wasClosed = (): Fault => new Fault("unreachable", "The connection to the BMC was closed");

type Live = OpenedSession & { sequence: number; received: number; request: number; usedAt: number };

export class SessionConnection implements BmcConnection {
  readonly #wire: BmcWire;
  readonly #target: BmcTarget;
  readonly #clock: Clock;
  #closed = false;
  #live: Live | undefined;
  #idle: Disposable | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(wire: BmcWire, target: BmcTarget, clock: Clock) {
    this.#wire = wire;
    this.#target = target;
    this.#clock = clock;
  }

  ask(request: IpmiRequest, signal: AbortSignal): Promise<IpmiAnswer> {
    return this.#alone(async () => {
      const live = this.#live ?? (await this.#open(signal));
      const answer = await this.#repeat(live, request, signal);
      if (answer) return answer;
      // The BMC has restarted, or forgot the session: one new session, then it is a timeout.
      await this.#close(live, signal, 0);
      const again = await this.#repeat(await this.#open(signal), request, signal);
      if (again) return again;
      throw this.#unanswered();
    });
  }

  ready(signal: AbortSignal): Promise<void> {
    const live = this.#live;
    if (live && this.#clock.monotonic() - live.usedAt < trusted) return Promise.resolve();
    return this.ask(deviceId, signal).then(() => undefined);
  }

  once(request: IpmiRequest, signal: AbortSignal): Promise<IpmiAnswer> {
    return this.#alone(async () => {
      if (!this.#live) throw new Fault("unreachable", "The session with the BMC was lost");
      const wait = Math.max(actPatience, this.#wire.memory.roundTrip.wait);
      const answer = await this.#send(this.#live, request, this.#nextRequest(this.#live), wait, signal);
      if (!answer) throw this.#unanswered();
      return answer;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wire.cancel(wasClosed());
    await this.#last;
    this.#wire.cancel(undefined);
    this.#idle?.[Symbol.dispose]();
    if (this.#live) await this.#close(this.#live, never, 2);
    this.#wire[Symbol.dispose]();
  }

  #unanswered(): Fault {
    return new Fault("timeout", `The BMC at ${this.#target.host} does not answer`);
  }

  /** Requests go one after the other: many BMCs lose the second of two. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(() => {
      if (this.#closed) throw wasClosed();
      return work();
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #open(signal: AbortSignal): Promise<Live> {
    const session = await establishSession(this.#wire, this.#target, this.#clock, signal);
    const live: Live = { ...session, sequence: 0, received: 0, request: 0, usedAt: this.#clock.monotonic() };
    try {
      const { privilege } = this.#target.login;
      const answer = await this.#repeat(live, { netFn: 0x06, command: setPrivilege, data: Uint8Array.of(privilege) }, signal);
      if (!answer) throw this.#unanswered();
      if (answer.code === 0x80 || answer.code === 0x81) throw new Fault("denied", "The BMC does not give this user the privilege level asked for");
      if (answer.code !== 0) throw completionFault(answer.code, "privilege level");
    } catch (error) {
      await this.#close(live, never, 1);
      throw error;
    }
    this.#live = live;
    this.#watchIdle(idleLimit);
    return live;
  }

  #watchIdle(after: number): void {
    this.#idle?.[Symbol.dispose]();
    this.#idle = this.#clock.after(after, () => {
      const left = (this.#live?.usedAt ?? 0) + idleLimit - this.#clock.monotonic();
      if (left > 0) this.#watchIdle(left);
      else this.#last = this.#last.then(() => this.#closeIdle()).catch(() => undefined);
    });
  }

  async #closeIdle(): Promise<void> {
    if (this.#live && this.#clock.monotonic() - this.#live.usedAt >= idleLimit) await this.#close(this.#live, never, 1);
  }

  /** Ends a session. A Close that got lost would hold the slot until the BMC forgets, so it is sent again when unanswered; after a reset there is no answer. */
  async #close(live: Live, signal: AbortSignal, awaited: number): Promise<void> {
    if (this.#live === live) this.#live = undefined;
    const data = Buffer.alloc(4);
    data.writeUInt32LE(live.bmc);
    const request = { netFn: 0x06, command: closeSession, data };
    const number = this.#nextRequest(live);
    if (awaited === 0) this.#wire.tell(sealPacket(live.keys, live.bmc, ++live.sequence, encodeRequest(request, number)));
    const wait = Math.min(closePatience, this.#wire.memory.roundTrip.wait);
    for (let tried = 0; tried < awaited; tried++) {
      // What cannot be sent cannot be closed either; the BMC forgets the session by itself.
      if (await this.#send(live, request, number, wait, signal).catch(() => true)) return;
    }
  }

  /** The answer, or undefined when the BMC stays silent. */
  async #repeat(live: Live, request: IpmiRequest, signal: AbortSignal): Promise<IpmiAnswer | undefined> {
    let number = this.#nextRequest(live);
    for (let tried = 0; tried < tries; tried++) {
      const start = this.#clock.monotonic();
      const answer = await this.#send(live, request, number, this.#wire.memory.roundTrip.wait * 1.5 ** tried, signal);
      if (answer && (answer.code !== nodeBusy || tried === tries - 1)) {
        live.usedAt = this.#clock.monotonic();
        if (tried === 0) this.#wire.memory.roundTrip.learn(live.usedAt - start);
        return answer;
      }
      if (!answer) continue;
      number = this.#nextRequest(live);
      await this.#wire.pause(this.#wire.memory.roundTrip.wait, signal);
    }
    return undefined;
  }

  #nextRequest(live: Live): number {
    return (live.request = (live.request + 1) & 0x3f);
  }

  #send(live: Live, request: IpmiRequest, number: number, wait: number, signal: AbortSignal): Promise<IpmiAnswer | undefined> {
    live.sequence = (live.sequence + 1) >>> 0;
    const datagram = sealPacket(live.keys, live.bmc, live.sequence, encodeRequest(request, number));
    return this.#wire.ask(
      datagram,
      (packet) => open(live, packet, request, number),
      () => wait,
      signal,
    );
  }
}

/** Cheap comparisons first, the signature last; packets that were seen before, or are older than one seen, are dropped. */
const open = (live: Live, packet: Packet, request: IpmiRequest, number: number): IpmiAnswer | undefined => {
  if (packet.session !== live.console || packet.sequence <= live.received) return undefined;
  const message = unsealPacket(live.keys, packet);
  if (!message) return undefined;
  live.received = packet.sequence;
  return decodeAnswer(message, request, number);
};

/** Connects to a BMC and opens a session, so that a wrong password shows at once. Faults: unreachable, timeout, denied, busy. */
export const connectBmc = async (hub: BmcHub, clock: Clock, target: BmcTarget, signal: AbortSignal): Promise<BmcConnection> => {
  const peer = await resolvePeer(target.host, target.port);
  const connection = new SessionConnection(openBmcWire(hub, peer, clock), target, clock);
  try {
    await connection.ready(signal);
    return connection;
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
};
