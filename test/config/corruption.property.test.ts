import fc from "fast-check";
import { expect, test } from "vitest";
import { canaries, example, lines, makeFolder, type Folder } from "./fixture.ts";

const plain = `${example}  plain: { driver: nut, host: a, password: plain-text-password }\n`;
const allSecrets = [...Object.values(canaries), "plain-text-password"];

type Edit = (text: string) => string;
const position = fc.nat({ max: plain.length - 1 });
const junk = fc.oneof(
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom(..."{}[]:,&*!|>'\"%@#-?\n\t <".split(""), "<<: *a", "!secret", "!env X", "&a", "*a", "---", "...", "__proto__: {}"),
);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(position, junk).map(
    ([at, text]): Edit =>
      (whole) =>
        whole.slice(0, at) + text + whole.slice(at),
  ),
  fc.tuple(position, fc.integer({ min: 1, max: 12 })).map(
    ([at, length]): Edit =>
      (whole) =>
        whole.slice(0, at) + whole.slice(at + length),
  ),
  fc.tuple(position, junk).map(
    ([at, text]): Edit =>
      (whole) =>
        whole.slice(0, at) + text + whole.slice(at + text.length),
  ),
  position.map(
    (at): Edit =>
      (whole) =>
        whole.slice(0, at),
  ),
  fc.tuple(position, position).map(
    ([from, to]): Edit =>
      (whole) =>
        whole.slice(0, to) + whole.slice(from, from + 40) + whole.slice(to),
  ),
);

/** Loads, or names a place inside the file; never throws. */
const judge = async (folder: Folder, text: string): Promise<{ readonly loaded: boolean; readonly problems: number }> => {
  const result = await folder.load(text);
  if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
  const rows = text.split("\n").length + 1;
  for (const { line, column, message } of result.problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(rows);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe("");
    expect(message).not.toContain("\0");
  }
  const shown = lines(result.problems).join("\n");
  for (const secret of allSecrets) if (!text.includes(secret) || secret === "plain-text-password") expect(shown).not.toContain(secret);
  if (result.ok) for (const { settings } of result.configuration.devices) expect(settings.id).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/);
  return { loaded: result.ok, problems: result.problems.length };
};

test("a valid file, spoilt in any way, loads or names the place, and shows no secret", async () => {
  await using folder = await makeFolder();
  let loaded = 0;
  let broken = 0;
  let problems = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const verdict = await judge(
        folder,
        edits.reduce((text, change) => change(text), plain),
      );
      if (verdict.loaded) loaded += 1;
      else broken += 1;
      problems += verdict.problems;
    }),
    { numRuns: 600 },
  );
  // The run is worth something only when it saw both ends and a good many problems.
  expect(loaded).toBeGreaterThan(30);
  expect(broken).toBeGreaterThan(30);
  expect(problems).toBeGreaterThan(300);
});

test("each value of the file replaced by each kind of wrong value", async () => {
  await using folder = await makeFolder();
  const words = [...plain.matchAll(/: ([^\s{}[\],]+)/g)];
  const kinds = [
    "null",
    "''",
    "[]",
    "{}",
    "-1",
    "1e99",
    ".nan",
    "true",
    "2026-01-01",
    "!secret none",
    "!env none",
    "!!binary aaaa",
    "*none",
    "&a [*a]",
    "|",
    "'\\u0000'",
  ];
  let checked = 0;
  for (const word of words) {
    for (const kind of kinds) {
      const at = word.index + 2;
      await judge(folder, plain.slice(0, at) + kind + plain.slice(at + (word[1]?.length ?? 0)));
      checked += 1;
    }
  }
  expect(checked).toBeGreaterThan(25 * kinds.length);
});
