import { ErrorStatus } from "net-snmp";
import { Fault, afterWrite, isFault } from "#domain/fault.ts";
import type { Answer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { BulkRequest, Fetch } from "./fetch.ts";
import { under } from "./oid.ts";
import { type Refused, refusalFault } from "./snmp-fault.ts";
import { type Varbind, isThere, valueTypes } from "./varbind.ts";

/** What works with a device, learnt once and kept over reconnects. */
export interface Habits {
  /** `undefined`: not yet tried. */
  bulk: boolean | undefined;
  /** Most objects in one GET. */
  most: number;
  /** Most objects that one GET has brought an answer to. */
  proven: number;
}
export const newHabits = (version: "1" | "2c" | "3"): Habits => ({ bulk: version === "1" ? false : undefined, most: 25, proven: 0 });

export type Write = Varbind;

/** One device. Every call throws `Fault`, or the signal's reason when it is aborted; calls must not run side by side. */
export interface SnmpSession extends Disposable {
  /** In the order of the OIDs; undefined where the device has no such object. */
  get(oids: readonly string[], signal: AbortSignal): Promise<readonly (Varbind | undefined)[]>;
  /** As `get`, but in fewer packets where the device has GETBULK. */
  fetch(fetch: Fetch, signal: AbortSignal): Promise<readonly (Varbind | undefined)[]>;
  /** Everything under `root`, in order. */
  walk(root: string, signal: AbortSignal): Promise<readonly Varbind[]>;
  /** One datagram. Resolves when the device has accepted all of it; a fault after it left is marked as `written`. */
  set(writes: readonly Write[], signal: AbortSignal): Promise<void>;
}

type Found = Map<string, Varbind>;

/** Silence after a question of this size may mean that the device cannot answer that much. One small question tells. */
const answersSmall = async (exchange: Exchange, oid: string, signal: AbortSignal): Promise<boolean> => {
  try {
    await exchange.get([oid], signal);
    return true;
  } catch (error) {
    if (isFault(error, "timeout")) return false;
    throw error;
  }
};

const half = (oids: readonly string[]): readonly [readonly string[], readonly string[]] => [
  oids.slice(0, Math.ceil(oids.length / 2)),
  oids.slice(Math.ceil(oids.length / 2)),
];

const keep = (varbinds: readonly Varbind[], found: Found): void => {
  for (const varbind of varbinds) if (isThere(varbind)) found.set(varbind.oid, varbind);
};

/** Fetches by GET into `found`. A version 1 agent refuses all for one missing object (RFC 1157, 4.1.2): that one is left out. */
const getInto = async (found: Found, oids: readonly string[], exchange: Exchange, habits: Habits, who: string, signal: AbortSignal): Promise<void> => {
  const again = (some: readonly string[]): Promise<void> => getInto(found, some, exchange, habits, who, signal);
  if (oids.length === 0) return;
  if (oids.length > habits.most) {
    for (let at = 0; at < oids.length; at += habits.most) await again(oids.slice(at, at + habits.most));
    return;
  }
  const split = async (): Promise<void> => {
    for (const some of half(oids)) await again(some);
  };
  try {
    const answer = await exchange.get(oids, signal);
    if ("varbinds" in answer) {
      habits.proven = Math.max(habits.proven, oids.length);
      return keep(answer.varbinds, found);
    }
    return await afterRefusal(answer.refused, oids, { again, split, habits, who });
  } catch (error) {
    if (!isFault(error, "timeout", "malformed") || oids.length <= Math.max(1, habits.proven)) throw error;
    if (error.kind === "timeout" && !(await answersSmall(exchange, oids[0] ?? "", signal))) throw error;
    habits.most = 1;
    return again(oids);
  }
};

interface Ways {
  readonly again: (oids: readonly string[]) => Promise<void>;
  readonly split: () => Promise<void>;
  readonly habits: Habits;
  readonly who: string;
}

const afterRefusal = async (refused: Refused, oids: readonly string[], { again, split, habits, who }: Ways): Promise<void> => {
  const { status, oid } = refused;
  if (oids.length === 1) {
    if (status === ErrorStatus.AuthorizationError || status === ErrorStatus.NoAccess) throw refusalFault(refused, who);
    return;
  }
  if (status === ErrorStatus.TooBig) {
    habits.most = 1;
    return again(oids);
  }
  if (status === ErrorStatus.NoSuchName && oid !== undefined && oids.includes(oid)) return again(oids.filter((one) => one !== oid));
  return split();
};

/**
 * Puts the answer into `values`. `lost` collects the places of which nothing came: a row that has appeared pushes the last one out.
 * False when the answer was cut short.
 */
const place = (varbinds: readonly Varbind[], { places }: BulkRequest, oids: readonly string[], values: (Varbind | undefined)[], lost: number[]): boolean => {
  if (varbinds.length < places.length) return false;
  let moved = false;
  for (let at = 0; at < places.length; at++) {
    const varbind = varbinds[at] as Varbind;
    const slot = places[at] as number;
    if (varbind.oid !== oids[slot]) moved = true;
    else if (isThere(varbind)) values[slot] = varbind;
  }
  if (!moved) return true;
  const found: Found = new Map();
  keep(varbinds, found);
  for (const slot of places) {
    values[slot] = found.get(oids[slot] as string);
    if (!values[slot]) lost.push(slot);
  }
  return true;
};

const take = (answer: Answer, request: BulkRequest, oids: readonly string[], values: (Varbind | undefined)[], lost: number[]): boolean => {
  if (!("varbinds" in answer)) return false;
  const { varbinds, exact } = answer;
  if (!exact) return place(varbinds, request, oids, values, lost);
  const { places } = request;
  for (let at = 0; at < places.length; at++) values[places[at] as number] = varbinds[at];
  return true;
};

interface BulkWays {
  readonly exchange: Exchange;
  readonly habits: Habits;
  readonly who: string;
}

/** True when the device answered all requests in full. False when GETBULK is not for this device. */
const bulkInto = async (
  values: (Varbind | undefined)[],
  lost: number[],
  requests: readonly BulkRequest[],
  oids: readonly string[],
  { exchange, habits }: BulkWays,
  signal: AbortSignal,
): Promise<boolean> => {
  try {
    const answers = await exchange.getBulks(requests, signal);
    for (let at = 0; at < answers.length; at++) if (!take(answers[at] as Answer, requests[at] as BulkRequest, oids, values, lost)) return false;
    habits.bulk = true;
    return true;
  } catch (error) {
    if (!isFault(error, "timeout", "malformed") || habits.bulk) throw error;
    if (error.kind === "timeout" && !(await answersSmall(exchange, oids[requests[0]?.places[0] ?? 0] ?? "", signal))) throw error;
    return false;
  }
};

const fetchBulk = async ({ oids, bulk }: Fetch, ways: BulkWays, signal: AbortSignal): Promise<(Varbind | undefined)[] | undefined> => {
  const values = new Array<Varbind | undefined>(oids.length).fill(undefined);
  const lost: number[] = [];
  // The first GETBULK that a device is sent goes alone: what comes of it tells whether it has any.
  for (const some of ways.habits.bulk ? [bulk] : [bulk.slice(0, 1), bulk.slice(1)]) {
    if (some.length === 0 || (await bulkInto(values, lost, some, oids, ways, signal))) continue;
    ways.habits.bulk = false;
    return undefined;
  }
  if (lost.length === 0) return values;
  const found: Found = new Map();
  await getInto(
    found,
    lost.map((slot) => oids[slot] as string),
    ways.exchange,
    ways.habits,
    ways.who,
    signal,
  );
  for (const slot of lost) values[slot] = found.get(oids[slot] as string);
  return values;
};

const refusedWrite = (varbinds: readonly Varbind[], writes: readonly Write[], who: string): Fault | undefined => {
  for (const [at, write] of writes.entries()) {
    const answer = varbinds[at];
    if (answer?.oid === write.oid && answer.type === write.type) continue;
    const what = answer && answer.type >= valueTypes.noSuchObject ? "has no such object" : "answered with something else";
    return new Fault("rejected", `${who} did not take the write to ${write.oid}: it ${what}`);
  }
  return undefined;
};

/** The write has left, unless the socket said that it did not. */
const neverSent = (error: Fault): boolean => error.kind === "unreachable" && typeof (error.cause as { code?: unknown } | undefined)?.code === "string";

const write = async (writes: readonly Write[], exchange: Exchange, who: string, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  try {
    const answer = await exchange.set(writes, signal);
    const fault = "refused" in answer ? refusalFault(answer.refused, who) : refusedWrite(answer.varbinds, writes, who);
    if (fault) throw fault;
  } catch (error) {
    if (isFault(error)) throw neverSent(error) ? error : afterWrite(error);
    throw new Fault("timeout", `${who} had not answered the write when the wait was ended`, { cause: error, written: true });
  }
};

const chunk = 20;

/** The next few after `oid`. Empty at the end of what the device has. */
const nextFew = async (oid: string, exchange: Exchange, habits: Habits, who: string, signal: AbortSignal): Promise<readonly Varbind[]> => {
  if (habits.bulk !== false) {
    try {
      const answer = await exchange.getBulk([oid], 0, chunk, signal);
      if ("varbinds" in answer && answer.varbinds.length > 0) {
        habits.bulk = true;
        return answer.varbinds;
      }
    } catch (error) {
      if (!isFault(error, "timeout", "malformed") || habits.bulk) throw error;
    }
  }
  const answer = await exchange.getNext([oid], signal);
  if (habits.bulk === undefined) habits.bulk = false;
  if ("varbinds" in answer) return answer.varbinds;
  if (answer.refused.status === ErrorStatus.NoSuchName) return [];
  throw refusalFault(answer.refused, who);
};

const walk = async (root: string, exchange: Exchange, habits: Habits, who: string, signal: AbortSignal): Promise<readonly Varbind[]> => {
  const found = new Map<string, Varbind>();
  for (let at = root; ;) {
    const some = await nextFew(at, exchange, habits, who, signal);
    for (const varbind of some) {
      // An agent that names an object twice would be walked for ever.
      if (!isThere(varbind) || under(root, varbind.oid) === undefined || found.has(varbind.oid)) return [...found.values()];
      found.set(varbind.oid, varbind);
      at = varbind.oid;
    }
    if (some.length === 0) return [...found.values()];
  }
};

export const createSnmpSession = (exchange: Exchange, habits: Habits, who: string): SnmpSession => {
  const get = async (oids: readonly string[], signal: AbortSignal): Promise<(Varbind | undefined)[]> => {
    const found: Found = new Map();
    await getInto(found, oids, exchange, habits, who, signal);
    return oids.map((oid) => found.get(oid));
  };
  return {
    get,
    fetch: async (fetch, signal) => {
      const values = habits.bulk === false || fetch.bulk.length === 0 ? undefined : await fetchBulk(fetch, { exchange, habits, who }, signal);
      return values ?? get(fetch.oids, signal);
    },
    walk: (root, signal) => walk(root, exchange, habits, who, signal),
    set: (writes, signal) => write(writes, exchange, who, signal),
    [Symbol.dispose]: () => exchange[Symbol.dispose](),
  };
};
