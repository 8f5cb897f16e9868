import { expect, test } from "vitest";
import { lines, makeFolder } from "./fixture.ts";

const million = 1_000_000;
const bomb = [
  "a0: &a0 [x, x, x, x, x, x, x, x, x]",
  ...Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(", ")}]`),
].join("\n");

/** Files that are made to exhaust the machine; each ends in one sentence. */
const hostile: readonly (readonly [string, string, string])[] = [
  ["an alias bomb", bomb, "1:1: the file unfolds into too many values"],
  ["a merge bomb", bomb.replaceAll(/\[(.*)\]/g, "{ <<: [$1] }").replaceAll(/\[x.*x\]/g, "[{ k: v }]"), "13:1: a12: unknown key"],
  ["a hundred thousand open brackets", "[".repeat(100_000), ": the file is nested too deeply"],
  ["a hundred thousand open maps", "{a: ".repeat(100_000), ": the file is nested too deeply"],
  ["deep nesting that is well formed", `devices: ${"[".repeat(60)}${"]".repeat(60)}`, "1:1: the file is nested too deeply"],
  ["a very large file", `# ${"x".repeat(2 * million)}`, "1:1: the file is larger than 1 MiB"],
  ["a hundred thousand keys", Array.from({ length: 100_000 }, (_, at) => `k${at}:`).join("\n"), "unknown key"],
  ["forty thousand equal keys", "k:\n".repeat(40_000), "this key is here twice"],
  ["a binary file", "\0\x01\x02\xff".repeat(1000), "1:"],
];

test.each(hostile)("%s is refused with a place", async (_, text, expected) => {
  await using folder = await makeFolder();
  const loaded = await folder.load(text);
  expect(loaded.ok).toBe(false);
  expect(lines(loaded.problems).join("\n")).toContain(expected);
});

test("a thousand devices that share one anchor load", async () => {
  await using folder = await makeFolder();
  const rows = Array.from({ length: 999 }, (_, at) => `  bmc-${at}: { <<: *bmc, host: 10.0.${at >> 8}.${at & 255}, password: !secret bmc }`);
  const loaded = await folder.load(`devices:\n  bmc: &bmc { driver: ipmi, host: a, username: admin, password: !secret bmc }\n${rows.join("\n")}\n`);
  expect(loaded.problems).toEqual([]);
  expect(loaded.ok && loaded.configuration.devices).toHaveLength(1000);
});
