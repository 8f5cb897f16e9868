import { describe, expect, test } from "vitest";
import { Fault, isFault } from "#domain/fault.ts";
import { emptyWalk } from "#driver/ipmi/sdr-cache.ts";
import { deviceRecords, lastRecord, repository, type Walk, walkRecords } from "#driver/ipmi/sdr-repository.ts";
import { readSensor } from "#driver/ipmi/sensor-reading.ts";
import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import type { IpmiAnswer, IpmiRequest } from "#transport/ipmi/ipmi-message.ts";

const signal = new AbortController().signal;
const done = (...bytes: readonly number[]): IpmiAnswer => ({ code: 0, data: Buffer.from(bytes) });
const refuse = (code: number): IpmiAnswer => ({ code, data: Buffer.alloc(0) });

/** A BMC that answers as the test says. */
const scripted = (answer: (request: IpmiRequest & { readonly data: Buffer }) => IpmiAnswer): BmcConnection & { readonly asked: number } => {
  const state = { asked: 0 };
  return Object.assign(state, {
    ask: (request: IpmiRequest) => {
      state.asked++;
      return Promise.resolve().then(() => answer({ ...request, data: Buffer.from(request.data ?? []) }));
    },
    ready: () => Promise.resolve(),
    once: () => Promise.reject(new Fault("unsupported", "not here")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
};

const record = (id: number, length = 30, type = 1): Buffer => Buffer.concat([Buffer.from([id, 0, 0x51, type, length]), Buffer.alloc(length, id)]);

interface Quirks {
  readonly longest?: number;
  readonly next?: (id: number, usual: number) => number;
  readonly piece?: (id: number, offset: number, bytes: Buffer) => IpmiAnswer | undefined;
  readonly reservation?: () => number;
}

/** A repository of records 1 to n, with whatever its firmware gets wrong. */
const bmcWith = (
  records: readonly Buffer[],
  { longest = 255, next = (_id, usual) => usual, piece, reservation = () => 5 }: Quirks = {},
): BmcConnection & { readonly asked: number } =>
  scripted(({ command, data }) => {
    if (command === repository.reserve) return done(reservation(), 0);
    const id = Math.max(1, data.readUInt16LE(2));
    const offset = data.readUInt8(4);
    const count = data.readUInt8(5);
    if (data.readUInt16LE(0) !== reservation()) return refuse(0xc5);
    if (count > longest) return refuse(0xca);
    const found = records[id - 1];
    if (!found) return refuse(0xcb);
    const bytes = found.subarray(offset, offset + count);
    const following = next(id, id < records.length ? id + 1 : lastRecord);
    return piece?.(id, offset, bytes) ?? done(following & 0xff, following >> 8, ...bytes);
  });

const walk = (bmc: BmcConnection, from: Walk = emptyWalk, broken: (walk: Walk) => void = () => undefined): Promise<Walk> =>
  walkRecords(bmc, repository, from, broken, signal);
const ids = ({ records }: Walk): readonly (number | undefined)[] => records.map((one) => one[5]);
const three = [record(1), record(2, 59), record(3)];

describe("walking the records", () => {
  test("takes full ones whole, in pieces, and reads only the head of others", async () => {
    const bmc = bmcWith([record(1), record(2, 59), record(3, 25, 2), record(4, 59)]);
    const found = await walk(bmc);
    expect(found).toEqual({ next: lastRecord, records: [record(1), record(2, 59), record(4, 59)] });
    expect(bmc.asked).toBe(1 + (1 + 2) + (1 + 3) + 1 + (1 + 3));
  });

  test("of a sensor device works the same way", async () => {
    const bmc = scripted(({ netFn, command }) => (netFn === 4 && command === 0x21 ? done(0xff, 0xff, 1, 0, 0x51, 2, 20) : done(1, 0)));
    expect(await walkRecords(bmc, deviceRecords, emptyWalk, () => undefined, signal)).toEqual({ next: lastRecord, records: [] });
  });

  test("asks for less when the BMC cannot return as much", async () => {
    expect(ids(await walk(bmcWith(three, { longest: 10 })))).toEqual([1, 2, 3]);
  });

  test("reserves again when the reservation is lost", async () => {
    let count = 0;
    const bmc = bmcWith(three, { reservation: () => 1 + Math.floor(count++ / 5) });
    expect(ids(await walk(bmc))).toEqual([1, 2, 3]);
  });

  test("ends at a record seen before (no end mark)", async () => {
    expect(ids(await walk(bmcWith(three, { next: (id, usual) => (id === 3 ? 1 : usual) })))).toEqual([1, 2, 3]);
    expect(ids(await walk(bmcWith(three, { next: (id, usual) => (id === 3 ? 3 : usual) })))).toEqual([1, 2, 3]);
  });

  test.each([0xcb, 0xc3])("ends where the last record answers %i", async (code) => {
    const found = await walk(bmcWith(three, { piece: (id) => (id === 3 ? refuse(code) : undefined) }));
    expect(ids(found)).toEqual([1, 2]);
    expect(found.next).toBe(lastRecord);
  });

  test("a record that is shorter than it says is what there is of it", async () => {
    const found = await walk(bmcWith([Buffer.concat([Buffer.from([1, 0, 0x51, 1, 60]), Buffer.alloc(30, 1)]), record(2)]));
    expect(found.records[0]).toEqual(record(1));
    expect(ids(found)).toEqual([1, 2]);
  });

  test("a BMC without records, and one that refuses a record, give what there is", async () => {
    expect(await walk(scripted(() => refuse(0xc1)))).toEqual({ records: [], next: 0 });
    const found = await walk(bmcWith(three, { piece: (id) => (id === 2 ? refuse(0xff) : undefined) }));
    expect(found).toEqual({ records: [record(1)], next: 2 });
  });

  test("one that is broken off goes on where it was", async () => {
    let kept: Walk | undefined;
    let dead = true;
    const bmc = bmcWith(three, {
      piece: (id) => {
        if (id === 3 && dead) throw new Fault("timeout", "gone");
        return undefined;
      },
    });
    await expect(walk(bmc, emptyWalk, (broken) => (kept = broken))).rejects.toSatisfy((error) => isFault(error, "timeout"));
    expect(kept).toEqual({ records: [record(1), record(2, 59)], next: 3 });
    dead = false;
    const before = bmc.asked;
    expect(await walk(bmc, kept)).toEqual({ records: three, next: lastRecord });
    expect(bmc.asked - before).toBe(4);
  });
});

test("a sensor with other factors for each reading asks for them", async () => {
  const sensor = {
    name: "T",
    owner: 0x20,
    lun: 1,
    number: 9,
    entity: "3.1",
    format: 0,
    unit: 1,
    linearization: 0x70,
    factors: { m: 1, b: 0, bExponent: 0, rExponent: 0 },
  } as const;
  const asked: IpmiRequest[] = [];
  const bmc = scripted((request) => {
    asked.push(request);
    return request.command === 0x2d ? done(10, 0xc0) : done(11, 3, 0, 5, 0, 0, 0);
  });
  expect(await readSensor(bmc, sensor, signal)).toBe(35);
  expect(asked.map(({ netFn, lun, command, data }) => [netFn, lun, command, ...(data ?? [])])).toEqual([
    [4, 1, 0x2d, 9],
    [4, 1, 0x23, 9, 10],
  ]);
});
