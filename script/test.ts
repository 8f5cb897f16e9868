import { join } from "node:path";

import { integration } from "./integration.ts";
import { format, layers, lint, tests, types, unused, type Result } from "./stage.ts";

const fast = process.argv.includes("--fast");
const stages: readonly (readonly [name: string, run: () => Promise<Result>])[] = [
  ["types", types],
  ["lint", lint],
  ["format", format],
  ["unused", unused],
  ["layers", layers],
  ["unit", tests("unit")],
  ...(fast
    ? []
    : ([
        ["peers", tests("peer")],
        ["image", tests("image")],
        ["integration", integration],
        ["home assistant", tests("homeassistant")],
      ] as const)),
];

process.chdir(join(import.meta.dirname, ".."));
let [passed, failed, skipped] = [0, 0, 0];
const left: string[] = [];
for (const [name, run] of stages) {
  const start = performance.now();
  const result = await run().catch((error: unknown): Result => ({
    passed: 0,
    failed: 1,
    skipped: 0,
    what: "nothing",
    notes: [`the stage itself failed: ${String(error)}`],
  }));
  passed += result.passed;
  failed += result.failed;
  skipped += result.skipped;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${result.failed > 0 ? "FAILED" : "ok    "} ${name} (${result.what}; ${seconds} s)`);
  for (const note of result.notes) if (!note.startsWith("skipped: ")) console.log(note.replaceAll(/^/gm, "       "));
  left.push(...result.notes.filter((note) => note.startsWith("skipped: ")));
}
if (left.length > 0) console.log(["", `NOT RUN (${left.length}):`, ...left.map((note) => `  ${note.slice("skipped: ".length)}`), ""].join("\n"));
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
