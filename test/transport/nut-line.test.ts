import fc from "fast-check";
import { expect, test } from "vitest";
import { isFault } from "#domain/fault.ts";
import { decodeWords, encodeWords } from "#domain/nut-line.ts";
import { LineReader, longestLine } from "#transport/nut/line-reader.ts";

/** What can stand in one line. */
const word = fc.string({ unit: "binary" }).filter((text) => !/[\u0000-\u001f\u007f]/.test(text));

test("words survive a line, whatever they hold", () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      expect(decodeWords(encodeWords(words))).toEqual(words);
      compared += words.length;
    }),
    { numRuns: 2000 },
  );
  expect(compared).toBeGreaterThan(2000);
});

test.for([
  ['VAR su700 ups.mfr "APC"', ["VAR", "su700", "ups.mfr", "APC"]],
  ['VAR rig ups.model "Quote \\" and \\\\ back"', ["VAR", "rig", "ups.model", 'Quote " and \\ back']],
  ['VAR rig ups.status ""', ["VAR", "rig", "ups.status", ""]],
  ["BEGIN  LIST\tVAR rig ", ["BEGIN", "LIST", "VAR", "rig"]],
  ["", []],
] as const)("%s", ([line, words]) => {
  expect(decodeWords(line)).toEqual(words);
});

test.for(['VAR rig x "open', 'VAR rig x "a"b"', 'VAR rig x "end\\"', 'a"b', "end\\"])("%s is no line", (line) => {
  expect(decodeWords(line)).toBeUndefined();
});

test("what upsd's parser would take for a comment or a word of its own goes into quotes", () => {
  expect(encodeWords(["PASSWORD", "#1"])).toBe('PASSWORD "#1"');
  expect(encodeWords(["PASSWORD", "a=b"])).toBe('PASSWORD "a=b"');
  expect(encodeWords(["PASSWORD", ""])).toBe('PASSWORD ""');
});

test("no request hides in a name", () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("\n", "\r", "\0", "\u007f"), fc.string(), (before, control, after) => {
      expect(() => encodeWords(["GET", before + control + after])).toThrow(expect.toSatisfy((error) => isFault(error, "rejected")) as Error);
    }),
  );
});

test("lines are the same however the bytes are cut, with \\n and \\r\\n", () => {
  let lines = 0;
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.constantFrom("\n", "\r\n"), fc.array(fc.nat()), (texts, end, cuts) => {
      const bytes = Buffer.from(texts.map((text) => text + end).join(""));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const reader = new LineReader();
      const read = places.slice(1).flatMap((place, at) => reader.push(bytes.subarray(places[at], place)));
      expect(read).toEqual(texts);
      lines += read.length;
    }),
  );
  expect(lines).toBeGreaterThan(100);
});

test("a line that does not end is not collected", () => {
  const reader = new LineReader();
  const chunk = Buffer.alloc(1000, "x");
  let taken = 0;
  expect(() => {
    for (; taken < 1_000_000; taken += chunk.length) reader.push(chunk);
  }).toThrow(expect.toSatisfy((error) => isFault(error, "malformed")) as Error);
  expect(taken).toBeLessThanOrEqual(longestLine);
});
