import { join } from "node:path";

import { integration } from "./integration.ts";
import { format, layers, lint, tests, types, unused, type Result } from "./stage.ts";

type Stage = readonly [name: string, run: () => Promise<Result>];

const fast: readonly Stage[] = [
  ["types", types],
  ["lint", lint],
  ["format", format],
  ["unused", unused],
  ["layers", layers],
  ["unit", tests("unit")],
];
/** Side by side: a Home Assistant Core mostly waits for itself, and the rest has the processors meanwhile. */
const lanes: readonly (readonly Stage[])[] = [
  [["home assistant", tests("homeassistant")]],
  [
    ["peers", tests("peer")],
    ["image", tests("image")],
    ["integration", integration],
  ],
];

const total = { passed: 0, failed: 0, skipped: 0 };
const left: string[] = [];
const wrong: string[] = [];
const isLeft = (note: string): boolean => note.startsWith("skipped: ");

const report = (name: string, { what, notes, ...counts }: Result, seconds: number): void => {
  for (const kind of ["passed", "failed", "skipped"] as const) total[kind] += counts[kind];
  console.log(`${counts.failed > 0 ? "FAILED" : "ok    "} ${name} (${what}; ${seconds.toFixed(1)} s)`);
  left.push(...notes.filter(isLeft).map((note) => note.slice("skipped: ".length)));
  wrong.push(...notes.filter((note) => !isLeft(note)).map((note) => `${name}: ${note}`));
};

const list = (title: string, notes: readonly string[]): void => {
  if (notes.length > 0) console.log(["", `${title} (${notes.length}):`, ...notes.map((note) => note.replaceAll(/^/gm, "  ")), ""].join("\n"));
};

const broken = (error: unknown): Result => ({ passed: 0, failed: 1, skipped: 0, what: "nothing", notes: [`the stage itself failed: ${String(error)}`] });

const runOneByOne = async (stages: readonly Stage[]): Promise<void> => {
  for (const [name, run] of stages) {
    const start = performance.now();
    const result = await run().catch(broken);
    report(name, result, (performance.now() - start) / 1000);
  }
};

process.chdir(join(import.meta.dirname, ".."));
await runOneByOne(fast);
if (!process.argv.includes("--fast")) await Promise.all(lanes.map(runOneByOne));
// At the end, because two lanes print at once, and because the end is what a log that is cut off still has.
list("NOT RUN", left);
list("FAILED", wrong);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = total.failed > 0 ? 1 : 0;
