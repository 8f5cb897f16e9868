import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Fault } from "#domain/fault.ts";
import { systemClock } from "#platform/clock.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { createSnmpTransport } from "#transport/snmp/snmp-transport.ts";
import { never, table } from "./snmp-rig.ts";
import { type Answered, type Field, fields, fieldsOf, places, seal, sign, startV3Agent, v3User } from "./snmp-v3-agent.ts";

let state = 20_261_120;
/** xorshift32: the same mutations at every run. */
const random = (below: number): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};
const pick = <T>(some: readonly T[]): T => some[random(some.length)] as T;

/** Lengths and counts at which decoders stumble. */
const odd = [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff] as const;
const scratch = (bytes: Buffer, from: number, to: number): void => {
  for (let times = 1 + random(3); times > 0 && to > from; times--) bytes[from + random(to - from)] = random(3) === 0 ? pick(odd) : random(256);
};

const mutated = { whole: 0, field: new Map<Field, number>(), signed: 0, inner: 0, bare: 0 };

/** Anything at all: cut short, made longer, bytes changed anywhere. */
const spoilWhole = (good: Buffer): Buffer => {
  mutated.whole++;
  const kind = random(3);
  if (kind === 0) return good.subarray(0, random(good.length));
  if (kind === 1) return Buffer.concat([good, Buffer.alloc(1 + random(40), random(256))]);
  const bytes = Buffer.from(good);
  scratch(bytes, 0, bytes.length);
  return bytes;
};

/** One field gets other bytes, or another type or length before them. */
const spoilField = (good: Buffer, field: Field): Buffer => {
  mutated.field.set(field, (mutated.field.get(field) ?? 0) + 1);
  const bytes = Buffer.from(good);
  const { at, from, to } = fieldsOf(bytes)[field];
  if (random(4) === 0 || to === from) scratch(bytes, at, from);
  else scratch(bytes, from, to);
  return bytes;
};

/** What a device with the right keys but a broken mind would send: the digest is right. */
const spoilSigned = (good: Buffer): Buffer => {
  mutated.signed++;
  const bytes = Buffer.from(good);
  const all = fieldsOf(bytes);
  const { from, to } = all[pick(["size", "flags", "model", "boots", "time", "user", "salt", "data"] as const)];
  scratch(bytes, from, to);
  return sign(bytes, all.digest);
};

/** Rightly encrypted and signed, but what is inside makes no sense. */
const spoilInner = ({ id, scoped }: Answered): Buffer => {
  mutated.inner++;
  const bytes = Buffer.from(scoped);
  const [whole] = places(bytes, 0, bytes.length);
  const pdu = places(bytes, whole?.from ?? 0, whole?.to ?? 0)[2];
  if (random(5) === 0) return seal(id, bytes.subarray(0, random(bytes.length)), "encrypted");
  if (random(3) === 0) scratch(bytes, 0, bytes.length);
  else scratch(bytes, pdu?.at ?? 0, bytes.length);
  return seal(id, bytes, "encrypted");
};

/** Another value, in the clear and without a digest, as if the device had no keys. */
const strip = ({ id, scoped }: Answered): Buffer => {
  mutated.bare++;
  const bytes = Buffer.from(scoped);
  bytes[bytes.length - 1] = 99;
  return seal(id, bytes, "none");
};

/** What anybody on the way could send: it has no right digest, however little it was changed. */
const forge = (answer: Answered, good: Buffer): Buffer => {
  const kind = random(12);
  if (kind < 2) return spoilWhole(good);
  if (kind === 2 && answer.level === "encrypted") return strip(answer);
  const field = pick(fields);
  // A key is made for every new engine, which takes a millisecond: not quite as often.
  return spoilField(good, field === "engine" && random(3) !== 0 ? "data" : field);
};

const spoil = (answer: Answered, good: Buffer, by: "stranger" | "device"): Buffer => {
  if (by === "stranger" || answer.level !== "encrypted") return forge(answer, good);
  return random(3) === 0 ? spoilSigned(good) : spoilInner(answer);
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

const burst = 8;
/** Malformed answers between two good ones. */
const chunk = 2000;
const forged = 80_000;
const signed = 20_000;

interface Storm extends AsyncDisposable {
  /** Malformed answers until now. */
  readonly sent: number;
  /** Good answers that were read between them. */
  readonly recovered: number;
  /** What became of the questions while it raged. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Most timers that ran at once. */
  readonly timers: number;
  /** So many malformed answers more, after each chunk of which a good one is read. */
  rage(by: "stranger" | "device", more: number): Promise<void>;
}

const startStorm = async (): Promise<Storm> => {
  const outcomes = new Map<string, number>();
  const seen = { sent: 0, recovered: 0, timers: 0 };
  let by: "stranger" | "device" | undefined;
  const agent = await startV3Agent((answer) => {
    const good = seal(answer.id, answer.scoped, answer.level);
    seen.timers = Math.max(seen.timers, timers());
    // Discovery must come through now and then, or nothing encrypted is ever asked.
    if (by === undefined || (answer.level !== "encrypted" && random(4) !== 0)) return [good];
    seen.sent += burst;
    const source = by;
    return Array.from({ length: burst }, () => spoil(answer, good, source));
  });
  const transport = createSnmpTransport(systemClock);
  const connect = (): Promise<SnmpSession> => transport.open({ host: "127.0.0.1", port: agent.port }, v3User, 60, never);
  let session = await connect();
  const ask = (): Promise<readonly unknown[] | string> =>
    session.get([`${table}.1`, `${table}.2`], never).then(
      (found) => found.map((one) => one?.value),
      (error: Fault) => error.kind,
    );
  const reopen = async (): Promise<void> => {
    session[Symbol.dispose]();
    session = await connect();
  };
  const rage = async (source: "stranger" | "device", until: number): Promise<void> => {
    by = source;
    while (seen.sent < until) {
      const outcome = await ask();
      const kind = typeof outcome === "string" ? outcome : "read";
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      // Nothing but the device's own words may ever be read.
      if (source === "stranger" && typeof outcome !== "string") expect(outcome).toEqual([1, 2]);
      if (outcome === "unreachable") await reopen();
      // The rest of the burst is heard by nobody: the next question shall meet one of its own.
      await setImmediate();
    }
    by = undefined;
  };
  /** As the engine does: it asks again, and then connects anew. */
  const recover = async (): Promise<void> => {
    const tries = [await ask(), await ask()];
    if (typeof tries[1] === "string") await reopen();
    expect([...tries, await ask()].at(-1)).toEqual([1, 2]);
    seen.recovered++;
  };
  return {
    get sent() {
      return seen.sent;
    },
    get recovered() {
      return seen.recovered;
    },
    get timers() {
      return seen.timers;
    },
    outcomes,
    rage: async (source, more) => {
      for (const end = seen.sent + more; seen.sent < end;) {
        await rage(source, Math.min(end, seen.sent + chunk));
        await recover();
      }
    },
    [Symbol.asyncDispose]: async () => {
      session[Symbol.dispose]();
      agent[Symbol.dispose]();
    },
  };
};

test(
  "malformed answers to an authenticated and encrypted conversation: none ends the process, leaks, is believed, or stops the next reading",
  {
    timeout: 60_000,
  },
  async () => {
    await using storm = await startStorm();
    await storm.rage("stranger", forged / 5);
    const before = heap();
    await storm.rage("stranger", (forged / 5) * 4);
    const strangers = new Map(storm.outcomes);
    await storm.rage("device", signed);
    const grown = heap() - before;

    expect(storm.sent).toBeGreaterThanOrEqual(forged + signed);
    expect(storm.recovered).toBeGreaterThanOrEqual((forged + signed) / chunk / 2);
    expect([...mutated.field.keys()].toSorted()).toEqual([...fields].toSorted());
    for (const times of [mutated.whole, ...mutated.field.values(), mutated.signed, mutated.inner, mutated.bare]) expect(times).toBeGreaterThan(1000);
    // Both ways to fail were met, by strangers and by the device itself, whose words were also read.
    for (const kind of ["malformed", "denied"]) expect(strangers.get(kind)).toBeGreaterThan(500);
    for (const kind of ["malformed", "denied", "read"]) expect(storm.outcomes.get(kind)).toBeGreaterThan((strangers.get(kind) ?? 0) + 10);
    // A question that was given up has no timer left, and keeps nothing.
    expect(storm.timers).toBeGreaterThan(0);
    expect(storm.timers).toBeLessThan(5);
    expect(grown).toBeLessThan(3_000_000);
  },
);
