import fc from "fast-check";
import { expect, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import { decodeWords } from "#domain/nut-line.ts";
import { getType, instantCommand, listRanges, listValues, listWritable, type Question, setVariable } from "#transport/nut/question.ts";

/** What the question makes of these lines; a fault is given, not thrown. */
const answer = <T>({ read }: Question<T>, ...lines: readonly string[]): T | Fault | undefined => {
  const reader = read();
  try {
    for (const line of lines) {
      const done = reader(line);
      if (done) return done.value;
    }
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
};

test("whatever is set arrives as it was given, or is not sent at all", () => {
  let [sent, refused] = [0, 0];
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: fc.constantFrom('"', "\\", " ", "=", "#", "a", "\n", "\u0000") }));
  fc.assert(
    fc.property(text, (value) => {
      try {
        expect(decodeWords(setVariable("ups", "ups.id", value).line)).toEqual(["SET", "VAR", "ups", "ups.id", value]);
        sent++;
      } catch (error) {
        expect(error).toMatchObject({ kind: "rejected" });
        expect(value).toMatch(/[\u0000-\u001f\u007f]/);
        refused++;
      }
    }),
    { numRuns: 1000 },
  );
  expect(sent).toBeGreaterThan(300);
  expect(refused).toBeGreaterThan(50);
});

test("an instant command has its parameter behind it, when there is one", () => {
  expect(instantCommand("ups", "load.off").line).toBe("INSTCMD ups load.off");
  expect(instantCommand("ups", "load.off.delay", "30").line).toBe("INSTCMD ups load.off.delay 30");
  expect(answer(instantCommand("ups", "x"), "OK TRACKING 1-2")).toEqual({ tracking: "1-2" });
  expect(answer(setVariable("ups", "x", "1"), "OK")).toEqual({ tracking: undefined });
});

test.for([
  ["TYPE ups v RW ENUM STRING:10", ["RW", "ENUM", "STRING:10"]],
  ["TYPE UPS V NUMBER", ["NUMBER"]],
  ["TYPE ups v", []],
] as const)("%j is %j", ([line, type]) => {
  expect(answer(getType("ups", "v"), line)).toEqual(type);
});

test.for([
  [getType("ups", "v"), "TYPE ups w RW"],
  [getType("ups", "v"), "VAR ups v 1"],
  [listValues("ups", "v"), "BEGIN LIST ENUM ups w"],
  [listWritable("ups"), "BEGIN LIST VAR ups"],
  [setVariable("ups", "v", "1"), "VAR ups v 1"],
] as const)("an answer to something else is malformed: %# %s", ([question, line]) => {
  expect(answer(question as Question<unknown>, line)).toMatchObject({ kind: "malformed" });
});

test.for([
  ["READONLY", "rejected"],
  ["TOO-LONG", "rejected"],
  ["INVALID-VALUE", "rejected"],
  ["SET-FAILED", "rejected"],
  ["ACCESS-DENIED", "denied"],
  ["VAR-NOT-SUPPORTED", "unsupported"],
  ["DATA-STALE", "unreachable"],
  ["SOMETHING-NEW", "rejected"],
] as const)("%s refuses what is set: %s", ([code, kind]) => {
  const fault = answer(setVariable("ups", "v", "1"), `ERR ${code}`);
  expect(fault).toMatchObject({ kind });
  expect((fault as Fault).message).toContain(`(${code})`);
});

test("values and ranges of a variable; what is no range is left out", () => {
  expect(answer(listValues("ups", "v"), "BEGIN LIST ENUM ups v", 'ENUM ups v "a b"', 'ENUM ups v "0"', "END LIST ENUM ups v")).toEqual(["a b", "0"]);
  const ranges = ['RANGE ups v "90" "100"', 'RANGE ups v "-5" "0"', 'RANGE ups v "low" "5"', 'RANGE ups v "7"'];
  expect(answer(listRanges("ups", "v"), "BEGIN LIST RANGE ups v", ...ranges, "END LIST RANGE ups v")).toEqual([
    [90, 100],
    [-5, 0],
  ]);
  expect(answer(listRanges("ups", "v"), "BEGIN LIST RANGE ups v", "END LIST RANGE ups v")).toEqual([]);
});
