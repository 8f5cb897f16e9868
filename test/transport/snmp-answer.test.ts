import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decodeRequest, encodeResponse, tags, type SnmpValue } from "#simulator/snmp/message.ts";
import { expected as expectObject, readExpected } from "#transport/snmp/expected-answer.ts";
import { messageId } from "#transport/snmp/outer-layer.ts";
import { lacksProtection } from "#transport/snmp/protection.ts";
import { table } from "./snmp-rig.ts";

test("any bytes can be judged for their protection and their number", () => {
  let judged = 0;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom("authenticated" as const, "encrypted" as const), (bytes, level) => {
      judged++;
      const message = Buffer.from(bytes);
      return typeof lacksProtection(message, level) === "boolean" && ["number", "undefined"].includes(typeof messageId(message));
    }),
    { numRuns: 2000, examples: [[Uint8Array.of(0x30, 3, 2, 1, 3), "encrypted"]] },
  );
  expect(judged).toBeGreaterThanOrEqual(2000);
});

describe("an answer that holds just what was expected", () => {
  const question = (id: number): Buffer => {
    const bytes = encodeResponse({ version: 1, community: "public", kind: tags.getBulk, id, singles: 0, rows: 1, varbinds: [] }, 0, 0, []);
    bytes[bytes.indexOf(tags.response)] = tags.getBulk;
    return bytes;
  };
  const objects = fc.array(
    fc.record({ kind: fc.constantFrom("integer" as const, "gauge" as const, "text" as const), number: fc.nat(2 ** 31 - 1), negative: fc.boolean() }),
    { minLength: 1, maxLength: 8 },
  );
  const valueOf = ({ kind, number, negative }: { kind: "integer" | "gauge" | "text"; number: number; negative: boolean }): SnmpValue =>
    kind === "text"
      ? { type: kind, value: String(number) }
      : { type: kind, value: kind === "integer" && negative ? 0 - number : number * (kind === "gauge" && negative ? 2 : 1) };
  const plain = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString() : value);

  test("is read as it was written", () => {
    fc.assert(
      fc.property(objects, fc.nat(99_999_999), (given, id) => {
        const varbinds = given.map((one, at) => ({ oid: `${table}.${at}.${one.number}`, value: valueOf(one) }));
        const request = { version: 1, community: "public", kind: tags.getBulk, id, singles: 0, rows: 1, varbinds: [] } as const;
        const read = readExpected(
          question(id),
          encodeResponse(request, 0, 0, varbinds),
          varbinds.map(({ oid }) => expectObject(oid)),
        );
        expect(read?.id).toBe(id);
        expect(read?.varbinds.map(({ oid, value }) => [oid, plain(value)])).toEqual(varbinds.map(({ oid, value }) => [oid, value.value]));
      }),
    );
  });

  test("and what was spoilt on the way is left to the library, or reads the same by another decoder", () => {
    let left = 0;
    fc.assert(
      fc.property(objects, fc.nat(99_999_999), fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 3 }), (given, id, changes) => {
        const varbinds = given.map((one, at) => ({ oid: `${table}.${at}.7`, value: valueOf(one) }));
        const answer = encodeResponse({ version: 1, community: "public", kind: tags.getBulk, id, singles: 0, rows: 1, varbinds: [] }, 0, 0, varbinds);
        for (const [at, byte] of changes) answer[at % answer.length] = byte;
        const read = readExpected(
          question(id),
          answer,
          varbinds.map(({ oid }) => expectObject(oid)),
        );
        if (!read) return void left++;
        const other = decodeRequest(answer);
        expect([other.id, other.singles, other.rows, other.community]).toEqual([id, 0, 0, "public"]);
        const unsigned = (one: SnmpValue | undefined): unknown =>
          one?.type === "text" || one?.type === "integer" ? plain(one.value) : Number(one?.value) >>> 0;
        expect(read.varbinds.map(({ oid, value }) => [oid, plain(value)])).toEqual(other.varbinds.map(({ oid, value }) => [oid, unsigned(value)]));
      }),
      { numRuns: 3000 },
    );
    expect(left).toBeGreaterThan(500);
  });
});
