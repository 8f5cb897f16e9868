import { Fault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import type { BmcWire } from "./bmc-wire.ts";
import { type CipherSuite, cipherSuites, type SuiteId } from "./cipher-suite.ts";
import { attemptSession, type Attempt, type Login, type OpenedSession } from "./open-session.ts";
import { encodeRequest } from "./ipmi-message.ts";
import { sealPacket } from "./rmcp-packet.ts";
import { isRefused } from "./refusal-probe.ts";

/** How long a BMC may be silent altogether, and how long one may take that answers late; milliseconds. */
const silentLimit = 6_000;
const slowLimit = 40_000;

/** The suite that worked last time comes first. */
const inOrder = (suites: readonly SuiteId[], last: SuiteId | undefined): readonly SuiteId[] =>
  last !== undefined && suites.includes(last) ? [last, ...suites.filter((suite) => suite !== last)] : suites;

/** A session that the BMC may hold although its last message was lost: closed unseen, so that it takes no slot. */
const abandon = (wire: BmcWire, { keys, bmc }: OpenedSession): void => {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(bmc);
  wire.tell(sealPacket(keys, bmc, 1, encodeRequest({ netFn: 0x06, command: 0x3c, data }, 1)));
};

/**
 * Opens a session with the first cipher suite that the BMC takes, beginning anew after each lost packet, with more patience each time.
 * Faults: unreachable, timeout, denied, busy, rejected.
 */
export const establishSession = async (wire: BmcWire, target: Target, clock: Clock, signal: AbortSignal): Promise<OpenedSession> => {
  let refused: Fault | undefined;
  for (const id of inOrder(target.suites, wire.memory.suite)) {
    const attempt = await persist(wire, cipherSuites[id], target, clock, signal);
    if (attempt.kind === "opened") {
      wire.memory.suite = id;
      return attempt.session;
    }
    refused = attempt.fault;
  }
  throw refused ?? new Fault("denied", "No cipher suite is allowed");
};

interface Target {
  readonly host: string;
  readonly login: Login;
  readonly suites: readonly SuiteId[];
}

const persist = async (
  wire: BmcWire,
  suite: CipherSuite,
  { host, login }: Target,
  clock: Clock,
  signal: AbortSignal,
): Promise<Exclude<Attempt, { kind: "silent" }>> => {
  const { roundTrip } = wire.memory;
  const start = clock.monotonic();
  const { heard } = wire;
  const now = (): number => clock.monotonic();
  const earlier = new Map<number, number>();
  for (let patience = 1; ; patience = Math.min(patience * 1.5, 8)) {
    const least = patience * roundTrip.wait;
    const wait = (): number => Math.min(Math.max(least, roundTrip.wait), slowLimit);
    const attempt = await attemptSession({ wire, suite, login, wait, now, earlier, signal });
    if (attempt.kind !== "silent") return attempt;
    if (attempt.maybe) abandon(wire, attempt.maybe);
    const silent = wire.heard === heard;
    if (silent && patience === 1 && (await isRefused(wire.peer, clock, 250))) throw new Fault("unreachable", `Nothing listens at ${host} for IPMI`);
    if (now() - start > (silent ? silentLimit : slowLimit)) throw new Fault("timeout", `The BMC at ${host} does not answer`);
  }
};
