import fc from "fast-check";
import { createSession, Version1, Version2c } from "net-snmp";
import { afterEach, expect, test, vi } from "vitest";

import { encodeQuestion, envelope, numberOfQuestion, renumber } from "#transport/snmp/question.ts";
import { messageId } from "#transport/snmp/outer-layer.ts";

interface Reads {
  get(oids: readonly string[], done: () => void): void;
  getNext(oids: readonly string[], done: () => void): void;
  getBulk(oids: readonly string[], singles: number, rows: number, done: () => void): void;
  cancelRequests(error: Error): void;
}

afterEach(() => void vi.restoreAllMocks());

/** What net-snmp would send. Its number is `share` of a hundred million. */
const bytesOfLibrary = (version: "1" | "2c", community: string, share: number, ask: (session: Reads) => void): Buffer => {
  let sent: Buffer | undefined;
  const socket = { on: () => socket, unref: () => socket, ref: () => socket, send: (message: Buffer) => (sent = Buffer.from(message)) };
  const options = { version: version === "1" ? Version1 : Version2c, dgramModule: { createSocket: () => socket } as never };
  const random = vi.spyOn(Math, "random").mockReturnValue(share);
  ask(createSession("127.0.0.1", community, options) as unknown as Reads);
  random.mockRestore();
  return sent ?? expect.fail("the library sent nothing");
};

const arc = fc.oneof(fc.nat(39), fc.nat(300), fc.nat(2 ** 32 - 1), fc.constantFrom(127, 128, 16_383, 16_384, 2 ** 21, 2 ** 28 - 1, 2 ** 28));
const oid = fc.array(arc, { minLength: 1, maxLength: 40 }).map((arcs) => `1.3.${arcs.join(".")}`);

test("a question is, byte by byte, what net-snmp would have sent", () => {
  const lengths = new Set<number>();
  const given = {
    version: fc.constantFrom("1" as const, "2c" as const),
    community: fc.oneof(fc.string({ minLength: 1, maxLength: 40, unit: "binary" }), fc.string({ minLength: 100, maxLength: 200 })),
    kind: fc.constantFrom("get" as const, "getNext" as const, "getBulk" as const),
    oids: fc.array(oid, { minLength: 1, maxLength: 30 }),
    singles: fc.nat(40),
    rows: fc.nat(70_000),
    // Smaller numbers take three bytes.
    share: fc.double({ min: 0.168, max: 0.999_999, noNaN: true }),
  };
  fc.assert(
    fc.property(fc.record(given), ({ version, community, kind, oids, singles, rows, share }) => {
      const bulk = kind === "getBulk";
      const ours = encodeQuestion(envelope(version, community), kind, oids, ...(bulk ? ([singles, rows] as const) : []));
      const theirs = bytesOfLibrary(version, community, share, (session) =>
        bulk ? session.getBulk(oids, singles, rows, () => undefined) : session[kind](oids, () => undefined),
      );
      ours.bytes.writeInt32BE(Math.floor(share * 100_000_000), ours.idAt);
      expect(ours.bytes.toString("hex")).toBe(theirs.toString("hex"));
      lengths.add(theirs.length);
    }),
    { numRuns: 300 },
  );
  expect(Math.max(...lengths)).toBeGreaterThan(400);
  expect(Math.min(...lengths)).toBeLessThan(60);
});

test("a new number changes nothing else, takes four bytes, and does not follow from the last", () => {
  const made = encodeQuestion(envelope("2c", "public"), "getBulk", ["1.3.6.1.2.1"], 0, 12);
  const before = Buffer.from(made.bytes);
  const numbers = Array.from({ length: 1000 }, () => {
    renumber(made);
    expect(messageId(made.bytes)).toBe(numberOfQuestion(made));
    expect(made.bytes.subarray(0, made.idAt)).toEqual(before.subarray(0, made.idAt));
    expect(made.bytes.subarray(made.idAt + 4)).toEqual(before.subarray(made.idAt + 4));
    return numberOfQuestion(made);
  });
  // Shorter, and an agent would write it in fewer bytes.
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(2 ** 24);
  const steps = numbers.map((number, at) => number - (numbers[at - 1] ?? 0));
  expect(new Set(steps).size).toBeGreaterThan(990);
});
