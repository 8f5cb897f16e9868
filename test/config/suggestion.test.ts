import fc from "fast-check";
import { expect, test } from "vitest";
import { closest } from "#config/suggestion.ts";

test.each([
  ["prot", ["port", "host"], "port"],
  ["HOST", ["port", "host"], "host"],
  ["pasword", ["username", "password"], "password"],
  ["intervall", ["interval"], "interval"],
  ["comunnity", ["community"], "community"],
  ["xyz", ["port", "host"], undefined],
  ["4", ["1", "3"], undefined],
  ["2C", ["1", "2c"], "2c"],
])("%s of %j is %s", (word, candidates, expected) => {
  expect(closest(word, candidates)).toBe(expected);
});

test("a word itself is always the closest, and one slip is always forgiven in a longer word", () => {
  const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{8,12}$/), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(words, fc.nat(), fc.nat(), (list, which, where) => {
      const word = list[which % list.length] ?? "";
      expect(closest(word, list)).toBe(word);
      const at = where % word.length;
      expect(closest(word.slice(0, at) + word.slice(at + 1), [word])).toBe(word);
    }),
  );
});
