import { createSocket } from "node:dgram";

import { describe, expect, test } from "vitest";

import type { Fault } from "#domain/fault.ts";
import { Secret } from "#domain/secret.ts";
import { errorStatus } from "#simulator/snmp/agent.ts";
import { encodeResponse, tags, type SnmpRequest } from "#simulator/snmp/message.ts";
import { prepareFetch, type Fetch, type Slot } from "#transport/snmp/fetch.ts";
import { until } from "../peer/until.ts";
import { never, startRig, table } from "./snmp-rig.ts";

const rows = Array.from({ length: 24 }, (_, at) => String(at + 1));
const cells = (columns: readonly number[], some: readonly string[] = rows): Slot[] =>
  some.flatMap((row) => columns.map((column) => ({ oid: `${table}.${column}.${row}`, column: `${table}.${column}`, row })));
const whole = (): Fetch => prepareFetch(cells([1, 2, 3]), () => rows);
const kinds = (requests: readonly SnmpRequest[]): string[] => requests.map(({ kind }) => Object.entries(tags).find(([, tag]) => tag === kind)?.[0] ?? "?");
const values = (found: readonly ({ readonly value: unknown } | undefined)[]): unknown[] => found.map((one) => one?.value);
const all = rows.flatMap((row) => [1, 2, 3].map((column) => column * 100 + Number(row)));
const faultOf = (work: Promise<unknown>): Promise<Fault> =>
  work.then(
    () => expect.fail("no fault"),
    (error: Fault) => error,
  );

describe("reading", () => {
  test("a whole table comes in as few answers as fit into one frame, without a surplus row", async () => {
    const answers: number[] = [];
    await using rig = await startRig((request, datagram) => (request || answers.push(datagram.length), "pass"));
    const session = await rig.open();
    expect(values(await session.fetch(whole(), never))).toEqual(all);
    expect(kinds(rig.requests)).toEqual(["getBulk", "getBulk"]);
    expect(rig.requests.map((request) => request.rows)).toEqual([12, 12]);
    expect(Math.max(...answers)).toBeLessThan(1400);
    expect(Math.min(...answers)).toBeGreaterThan(700);
  });

  test("some rows in the middle come by themselves", async () => {
    await using rig = await startRig();
    const session = await rig.open();
    const middle = rows.slice(4, 12);
    expect(
      values(
        await session.fetch(
          prepareFetch(cells([1, 3], middle), () => rows),
          never,
        ),
      ),
    ).toEqual(middle.flatMap((row) => [100 + Number(row), 300 + Number(row)]));
    expect(rig.requests).toMatchObject([{ rows: 8 }]);
  });

  test("a row that has gone does not shift its neighbours", async () => {
    await using rig = await startRig();
    const session = await rig.open();
    const rowsBefore = [...rows.slice(0, 3), "3.5", ...rows.slice(3)];
    const found = await session.fetch(
      prepareFetch(cells([1, 2], rowsBefore), () => rowsBefore),
      never,
    );
    expect(values(found)).toEqual(rowsBefore.flatMap((row) => [1, 2].map((column) => (row === "3.5" ? undefined : column * 100 + Number(row)))));
  });

  test("a row that has appeared does not push out another", async () => {
    await using rig = await startRig();
    const session = await rig.open();
    const known = rows.filter((row) => row !== "5" && row !== "20");
    expect(
      values(
        await session.fetch(
          prepareFetch(cells([1, 2], known), () => known),
          never,
        ),
      ),
    ).toEqual(known.flatMap((row) => [100 + Number(row), 200 + Number(row)]));
  });

  test("a GET never names more than 25 objects, and leaves out what is not there", async () => {
    await using rig = await startRig();
    const session = await rig.open();
    const oids = cells([1, 2, 3]).map(({ oid }) => oid);
    expect(values(await session.get([...oids, `${table}.9.1`], never))).toEqual([...all, undefined]);
    expect(rig.requests.map(({ varbinds }) => varbinds.length)).toEqual([25, 25, 23]);
  });

  test("version 1: the missing object is found and left out, the rest still comes together", async () => {
    await using rig = await startRig();
    const session = await rig.open({ version: "1" });
    const oids = [`${table}.1.1`, `${table}.9.1`, `${table}.1.2`, `${table}.9.2`, `${table}.1.3`];
    expect(values(await session.get(oids, never))).toEqual([101, undefined, 102, undefined, 103]);
    expect(rig.requests.map(({ varbinds }) => varbinds.length)).toEqual([5, 4, 3]);
  });

  test("an agent that is deaf for GETBULK is asked by GET, and the next session remembers", async () => {
    await using rig = await startRig((request) => (request?.kind === tags.getBulk ? "drop" : "pass"));
    const session = await rig.open();
    expect(values(await session.fetch(whole(), never))).toEqual(all);
    const tried = rig.requests.length;
    const again = await rig.open();
    expect(values(await again.fetch(whole(), never))).toEqual(all);
    expect(kinds(rig.requests).slice(0, 2)).toEqual(["getBulk", "getBulk"]);
    expect(kinds(rig.requests).slice(tried)).toEqual(["get", "get", "get"]);
  });

  test("an agent that can answer only one object at a time is asked so", async () => {
    await using rig = await startRig((request) => (request && (request.kind === tags.getBulk || request.varbinds.length > 1) ? "drop" : "pass"));
    const session = await rig.open();
    expect(
      values(
        await session.fetch(
          prepareFetch(cells([1, 2], rows.slice(0, 8)), () => rows),
          never,
        ),
      ),
    ).toEqual(rows.slice(0, 8).flatMap((row) => [100 + Number(row), 200 + Number(row)]));
    rig.requests.length = 0;
    await session.get(
      cells([1], rows.slice(0, 5)).map(({ oid }) => oid),
      never,
    );
    expect(rig.requests.map(({ varbinds }) => varbinds.length)).toEqual([1, 1, 1, 1, 1]);
  });

  test("tooBig makes the questions smaller", async () => {
    let asked: SnmpRequest | undefined;
    await using rig = await startRig((request) => {
      if (request) asked = request;
      return !request && asked && asked.varbinds.length > 1 ? encodeResponse(asked, errorStatus.tooBig, 0, []) : "pass";
    });
    const session = await rig.open({ version: "1" });
    expect(values(await session.get([`${table}.1.1`, `${table}.1.2`], never))).toEqual([101, 102]);
    expect(rig.requests.map(({ varbinds }) => varbinds.length)).toEqual([2, 1, 1]);
  });

  test("a lost question is asked again, and one lost answer costs no reading", async () => {
    let lost = 0;
    await using rig = await startRig((request) => (!request && lost++ === 0 ? "drop" : "pass"));
    const session = await rig.open();
    expect(values(await session.get([`${table}.1.1`], never))).toEqual([101]);
    expect(rig.requests.length).toBe(2);
    expect(new Set(rig.requests.map(({ id }) => id)).size).toBe(1);
  });

  test("walks everything below the root and nothing else", async () => {
    await using rig = await startRig();
    const session = await rig.open();
    expect((await session.walk(`${table}.2`, never)).map(({ value }) => value)).toEqual(rows.map((row) => 200 + Number(row)));
    const old = await rig.open({ version: "1" });
    expect((await old.walk(table, never)).length).toBe(72);
  });
});

describe("who may answer", () => {
  test("an answer from another address is not heard", async () => {
    await using rig = await startRig((request) => (request ? "pass" : { from: "127.0.0.2" }));
    const session = await rig.open({ patience: 200 });
    expect(await faultOf(session.get([`${table}.1.1`], never))).toMatchObject({ kind: "timeout" });
    expect(rig.requests.length).toBe(3);
    expect(rig.relay.seen.answer).toBe(3);
  });

  test("a wrong community is silence; a right one beside it, at the same address, is served", async () => {
    await using rig = await startRig();
    const [wrong, right] = await Promise.all([rig.open({ community: "guess", patience: 200 }), rig.open()]);
    const [fault, found] = await Promise.all([faultOf(wrong.get([`${table}.1.1`], never)), right.fetch(whole(), never)]);
    expect(fault).toMatchObject({ kind: "timeout", written: false });
    expect(values(found)).toEqual(all);
  });

  test("two logins at one address each get their own answers", async () => {
    await using rig = await startRig();
    const [reader, writer, old] = await Promise.all([rig.open({ community: "public" }), rig.open(), rig.open({ version: "1", community: "public" })]);
    for (let turn = 0; turn < 20; turn++) {
      const found = await Promise.all([reader, writer, old].map((session) => session.fetch(whole(), never)));
      expect(found.map(values)).toEqual([all, all, all]);
    }
  });

  test("a name that is not known, and an abort, end at once", async () => {
    await using rig = await startRig(() => "drop");
    await expect(
      rig.transport.open({ host: "no-such-host.invalid", port: 161 }, { version: "2c", community: { reveal: () => "x" } as never }, 100, never),
    ).rejects.toMatchObject({ kind: "unreachable" });
    const session = await rig.open({ patience: 60_000 });
    const stop = new AbortController();
    const reading = session.get([`${table}.1.1`], stop.signal);
    await until(() => rig.requests.length === 1, "the request went out");
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});

describe("writing", () => {
  const write = (value = 7): Parameters<Awaited<ReturnType<Awaited<ReturnType<typeof startRig>>["open"]>>["set"]>[0] => [
    { oid: `${table}.3.1`, type: 2, value },
  ];

  test("one datagram, accepted", async () => {
    await using rig = await startRig();
    const session = await rig.open();
    await session.set(write(), never);
    expect(rig.writes).toEqual([{ type: "integer", value: 7 }]);
  });

  test("the answer is lost: exactly one write reaches the device, and the fault says that it may have acted", async () => {
    await using rig = await startRig((request) => (request ? "pass" : "drop"));
    const session = await rig.open({ patience: 400 });
    expect(await faultOf(session.set(write(), never))).toMatchObject({ kind: "timeout", written: true });
    expect(rig.writes.length).toBe(1);
    expect(kinds(rig.requests)).toEqual(["set"]);
  });

  test("an abort on the way: one write, and the fault says that it may have acted", async () => {
    await using rig = await startRig((request) => (request ? "pass" : "drop"));
    const session = await rig.open({ patience: 60_000 });
    const stop = new AbortController();
    const writing = faultOf(session.set(write(), stop.signal));
    await until(() => rig.writes.length === 1, "the write arrived");
    stop.abort(new Error("enough"));
    expect(await writing).toMatchObject({ kind: "timeout", written: true });
  });

  test.each([
    ["noSuchInstance", tags.noSuchInstance, `${table}.3.1`],
    ["another type", { type: "gauge", value: 7 }, `${table}.3.1`],
    ["another object", { type: "integer", value: 7 }, `${table}.3.2`],
  ] as const)("an answer with %s is a refusal, whatever its error status says", async (_, value, oid) => {
    let asked: SnmpRequest | undefined;
    await using rig = await startRig((request) => {
      if (request) {
        asked = request;
        return "pass";
      }
      return encodeResponse(asked as SnmpRequest, 0, 0, [{ oid, value }]);
    });
    const session = await rig.open();
    expect(await faultOf(session.set(write(), never))).toMatchObject({ kind: "rejected", written: true });
  });

  test("the read community may not, and version 1 says so in its way", async () => {
    await using rig = await startRig();
    const session = await rig.open({ community: "public" });
    expect(await faultOf(session.set(write(), never))).toMatchObject({ kind: "denied", written: true });
    const old = await rig.open({ community: "public", version: "1" });
    expect(await faultOf(old.set(write(), never))).toMatchObject({ kind: "rejected", written: true });
    expect(rig.writes).toEqual([]);
  });
});

/** A device that answers every request with garbage made from it: some bytes changed, or the end cut off. */
const startGarbler = async (burst: number) => {
  const device = createSocket("udp4");
  await new Promise<void>((resolve) => device.bind(0, "127.0.0.1", resolve));
  let seed = 20_260_101;
  const random = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % below;
  const spoil = (message: Buffer): Buffer => {
    const copy = Buffer.from(message);
    for (let bytes = 1 + random(4); bytes > 0; bytes--) copy[random(copy.length)] = random(256);
    return random(3) === 0 ? copy.subarray(0, random(copy.length)) : copy;
  };
  const state = { sent: 0 };
  device.on("message", (message, from) => {
    const answer = Buffer.from(message);
    answer[answer.lastIndexOf(tags.get)] = tags.response;
    for (let each = 0; each < burst; each++) device.send(spoil(answer), from.port, from.address);
    state.sent += burst;
  });
  return { state, port: device.address().port, [Symbol.dispose]: () => void device.close() };
};

test.each([
  ["2c", { version: "2c", community: new Secret("private") }, 100_000],
  ["3", { version: "3", user: "nobody" }, 20_000],
  [
    "3 with encryption",
    {
      version: "3",
      user: "nobody",
      authentication: { protocol: "SHA", key: new Secret("authpass12") },
      privacy: { protocol: "AES", key: new Secret("privpass12") },
    },
    20_000,
  ],
] as const)(
  "version %s: malformed answers from the device's own address neither end the process, nor leak, nor stop the next reading",
  { timeout: 60_000 },
  async (_, credentials, count) => {
    await using rig = await startRig();
    using device = await startGarbler(250);
    using session = await rig.transport.open({ host: "127.0.0.1", port: device.port }, credentials, 20, never);
    const outcomes: Record<string, number> = {};
    const storm = async (until: number): Promise<void> => {
      while (device.state.sent < until) {
        const outcome = await session.get([`${table}.1.1`, `${table}.1.2`], never).then(
          () => "read",
          (error: Fault) => error.kind,
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };
    await storm(count / 5);
    const before = process.memoryUsage().heapUsed;
    await storm(count);
    expect(device.state.sent).toBeGreaterThanOrEqual(count);
    // What claims less protection than an encrypted login has is not even looked at: then it is silence.
    expect(Object.values(outcomes).reduce((sum, one) => sum + one, 0)).toBeGreaterThan(5);
    if (!("privacy" in credentials)) expect(outcomes["malformed"]).toBeGreaterThan(5);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000);
    expect(values(await (await rig.open()).fetch(whole(), never))).toEqual(all);
  },
);
