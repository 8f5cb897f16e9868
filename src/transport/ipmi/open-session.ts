import { randomBytes } from "node:crypto";
import { Fault } from "#domain/fault.ts";
import type { BmcWire } from "./bmc-wire.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import { type Exchange, rakp2Mac, rakp3Mac, rakp4Mac, sameMac, sessionKey, sessionKeys } from "./rakp-key.ts";
import { decodeHead, decodeOpenResponse, decodeRakp2, decodeRakp4, encodeOpenRequest, encodeRakp1, encodeRakp3, sameAlgorithms } from "./rakp-message.ts";
import { hasForgotten, refusesSuite, statusFault } from "./rakp-status.ts";
import { encodePlainPacket, type Packet, payloadTypes, type SessionKeys } from "./rmcp-packet.ts";

export interface Login {
  readonly username: string;
  readonly password: Buffer;
  readonly bmcKey: Buffer | undefined;
  /** 2 user, 3 operator, 4 administrator. Always named: "highest" (0) is refused by many (FreeIPMI's bug list: Supermicro X8, Dell C5220). */
  readonly privilege: number;
}

export interface OpenedSession {
  readonly keys: SessionKeys;
  readonly console: number;
  readonly bmc: number;
}

export type Attempt =
  | { readonly kind: "opened"; readonly session: OpenedSession }
  /** No answer in time, or the BMC has forgotten how this began. `maybe` is a session it may hold all the same. */
  | { readonly kind: "silent"; readonly maybe?: OpenedSession }
  /** Not with this cipher suite. */
  | { readonly kind: "suite"; readonly fault: Fault };

/** What one attempt needs from its surroundings. */
export interface AttemptSurroundings {
  readonly wire: BmcWire;
  readonly suite: CipherSuite;
  readonly login: Login;
  readonly wait: () => number;
  /** Milliseconds on some clock, to learn how long answers take. */
  readonly now: () => number;
  /** Session ids of earlier attempts, with the time at which they were named: their late answers tell how slow the BMC is. */
  readonly earlier: Map<number, number>;
  readonly signal: AbortSignal;
}

const nameOnly = 0x10;
const silent = { kind: "silent" } as const;

/** One step: our message out, the answer to it in. A status other than 0 comes back as a number. */
const step = async <T>(
  { wire, wait, now, earlier, signal }: AttemptSurroundings,
  [ask, answer]: readonly [number, number],
  message: Buffer,
  console: number,
  decode: (payload: Buffer) => T | undefined,
): Promise<T | number | undefined> => {
  const start = now();
  const accept = ({ type, session, payload }: Packet): T | number | undefined => {
    const head = type === answer && session === 0 ? decodeHead(payload) : undefined;
    if (!head) return undefined;
    const late = head.console === undefined || head.console === console ? undefined : earlier.get(head.console);
    if (late !== undefined) wire.memory.roundTrip.learn(now() - late);
    if (head.tag !== message[0] || (head.console !== console && (head.status === 0 || head.console))) return undefined;
    return head.status === 0 ? decode(payload) : head.status;
  };
  const taken = await wire.ask(encodePlainPacket(ask, message), accept, wait, signal);
  if (taken !== undefined) wire.memory.roundTrip.learn(now() - start);
  return taken;
};

const refused = (status: number): typeof silent => {
  if (hasForgotten(status)) return silent;
  throw statusFault(status);
};

/** Tells the BMC that this will be no session (IPMI 2.0, 13.22): else its slot is taken until it forgets by itself. */
const giveUp = (wire: BmcWire, tag: number, bmc: number, status: number): void =>
  wire.tell(encodePlainPacket(payloadTypes.rakp3, encodeRakp3(tag, status, bmc, new Uint8Array(0))));

/** Messages 1 to 4 of RAKP, once the BMC has named its session id. */
const authenticate = async (surroundings: AttemptSurroundings, console: number, bmc: number): Promise<Attempt> => {
  const { login, suite, wire } = surroundings;
  const user = Buffer.from(login.username, "utf8");
  const role = nameOnly | login.privilege;
  const random = randomBytes(16);
  const tag = console & 0xff;
  const second = await step(surroundings, [payloadTypes.rakp1, payloadTypes.rakp2], encodeRakp1(tag, bmc, random, role, user), console, decodeRakp2);
  if (second === undefined) {
    giveUp(wire, tag, bmc, 0x02);
    return silent;
  }
  if (typeof second === "number") return refused(second);
  const exchange: Exchange = {
    suite,
    console,
    bmc,
    role,
    user,
    guid: second.guid,
    consoleRandom: random,
    bmcRandom: second.random,
    password: login.password,
    bmcKey: login.bmcKey,
  };
  if (!sameMac(rakp2Mac(exchange), second.mac)) {
    giveUp(wire, tag, bmc, 0x0f);
    throw new Fault("denied", `The BMC does not have this password for user ${login.username}`);
  }
  const key = sessionKey(exchange);
  const session: OpenedSession = { keys: sessionKeys(suite, key), console, bmc };
  const third = encodeRakp3(tag, 0, bmc, rakp3Mac(exchange));
  const fourth = await step(surroundings, [payloadTypes.rakp3, payloadTypes.rakp4], third, console, decodeRakp4);
  if (fourth === undefined) return { kind: "silent", maybe: session };
  if (typeof fourth === "number") return refused(fourth);
  if (!sameMac(rakp4Mac(exchange, key), fourth.mac)) throw new Fault("denied", "The BMC does not have this key K_g");
  return { kind: "opened", session };
};

/**
 * Tries once to open a session, with ids of its own. No step is repeated: a BMC answers a repeated message 3 with rubbish or not at all
 * (seen with OpenIPMI's simulator 2.0.33 and in the source of 2.0.37), so the caller begins anew.
 * Faults: denied, busy, rejected, unreachable.
 */
export const attemptSession = async (surroundings: AttemptSurroundings): Promise<Attempt> => {
  const { suite, login, now, earlier } = surroundings;
  const console = (randomBytes(4).readUInt32LE() | 1) >>> 0;
  earlier.set(console, now());
  const tag = console & 0xff;
  const request = encodeOpenRequest(tag, login.privilege, console, suite);
  const opened = await step(surroundings, [payloadTypes.openSessionRequest, payloadTypes.openSessionResponse], request, console, decodeOpenResponse);
  if (opened === undefined) return silent;
  if (typeof opened === "number") return refusesSuite(opened) ? { kind: "suite", fault: statusFault(opened) } : refused(opened);
  if (!sameAlgorithms(opened.algorithms, suite)) {
    throw new Fault(
      "denied",
      `The BMC answers cipher suite ${suite.id} with other algorithms; a downgrade is refused (name its suite under suites if that is all it has)`,
    );
  }
  return authenticate(surroundings, console, opened.bmc);
};
