import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decodeRequest, encodeResponse, tags, type SnmpValue } from "#simulator/snmp/message.ts";
import { noAnswer, readExpected } from "#transport/snmp/expected-answer.ts";
import { expected as expectObject } from "#transport/snmp/expected-object.ts";
import { messageId } from "#transport/snmp/outer-layer.ts";
import { lacksProtection } from "#transport/snmp/protection.ts";
import { type Question, encodeQuestion, envelope, numberOfQuestion, renumber } from "#transport/snmp/question.ts";
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
  const question = (): Question => {
    const made = encodeQuestion(envelope("2c", "public"), "getBulk", [table], 0, 1);
    renumber(made);
    return made;
  };
  type Given = readonly { readonly oid: string; readonly value: SnmpValue }[];
  const answerTo = (asked: Question, varbinds: Given): Buffer =>
    encodeResponse({ version: 1, community: "public", kind: tags.getBulk, id: numberOfQuestion(asked), singles: 0, rows: 1, varbinds: [] }, 0, 0, varbinds);
  const objects = fc.array(
    fc.record({ kind: fc.constantFrom("integer" as const, "gauge" as const, "text" as const), number: fc.nat(2 ** 31 - 1), negative: fc.boolean() }),
    { minLength: 1, maxLength: 8 },
  );
  const valueOf = ({ kind, number, negative }: { kind: "integer" | "gauge" | "text"; number: number; negative: boolean }): SnmpValue =>
    kind === "text"
      ? { type: kind, value: String(number) }
      : { type: kind, value: kind === "integer" && negative ? 0 - number : number * (kind === "gauge" && negative ? 2 : 1) };
  const plain = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString() : value);

  const told = (read: readonly { readonly oid: string; readonly value: unknown }[] | undefined): unknown[] | undefined =>
    read?.map(({ oid, value }) => [oid, plain(value)]);

  test("is read as it was written", () => {
    fc.assert(
      fc.property(objects, (given) => {
        const varbinds = given.map((one, at) => ({ oid: `${table}.${at}.${one.number}`, value: valueOf(one) }));
        const asked = question();
        const wanted = varbinds.map(({ oid }) => expectObject(oid));
        expect(told(readExpected(asked, answerTo(asked, varbinds), wanted, noAnswer()))).toEqual(varbinds.map(({ oid, value }) => [oid, value.value]));
        expect(readExpected(question(), answerTo(asked, varbinds), wanted, noAnswer())).toBeUndefined();
      }),
    );
  });

  test("is read the same after any others, and gives the same object again for what is as it was", () => {
    const counts = { same: 0, other: 0, left: 0 };
    const turn = fc.record({
      values: fc.array(fc.record({ kind: fc.constantFrom("integer" as const, "text" as const), number: fc.constantFrom(1, 300), negative: fc.boolean() }), {
        minLength: 5,
        maxLength: 5,
      }),
      spoilt: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.tuple(fc.nat(300), fc.nat(255)) }),
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 2, maxLength: 8 }), (turns) => {
        const asked = question();
        const last = noAnswer();
        const wanted = [0, 1, 2, 3, 4].map((at) => expectObject(`${table}.7.${at}`));
        let before: readonly object[] = [];
        for (const { values, spoilt } of turns) {
          renumber(asked);
          const answer = answerTo(
            asked,
            values.map((one, at) => ({ oid: `${table}.7.${at}`, value: valueOf(one) })),
          );
          if (spoilt) answer[spoilt[0] % answer.length] = spoilt[1];
          const fresh = readExpected(asked, answer, wanted, noAnswer());
          const read = readExpected(asked, answer, wanted, last);
          expect(told(read)).toEqual(told(fresh));
          if (!read) counts.left++;
          for (const [at, one] of read?.entries() ?? []) counts[one === before[at] ? "same" : "other"]++;
          before = read ? [...read] : [];
        }
      }),
      { numRuns: 500 },
    );
    expect(Math.min(counts.same, counts.other)).toBeGreaterThan(200);
    expect(counts.left).toBeGreaterThan(30);
  });

  test("and what was spoilt on the way is left to the library, or reads the same by another decoder", () => {
    let left = 0;
    fc.assert(
      fc.property(objects, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 3 }), (given, changes) => {
        const varbinds = given.map((one, at) => ({ oid: `${table}.${at}.7`, value: valueOf(one) }));
        const asked = question();
        const answer = answerTo(asked, varbinds);
        for (const [at, byte] of changes) answer[at % answer.length] = byte;
        const read = readExpected(
          asked,
          answer,
          varbinds.map(({ oid }) => expectObject(oid)),
          noAnswer(),
        );
        if (!read) return void left++;
        const other = decodeRequest(answer);
        expect([other.id, other.singles, other.rows, other.community]).toEqual([numberOfQuestion(asked), 0, 0, "public"]);
        const unsigned = (one: SnmpValue | undefined): unknown =>
          one?.type === "text" || one?.type === "integer" ? plain(one.value) : Number(one?.value) >>> 0;
        expect(told(read)).toEqual(other.varbinds.map(({ oid, value }) => [oid, unsigned(value)]));
      }),
      { numRuns: 3000 },
    );
    expect(left).toBeGreaterThan(500);
  });
});
