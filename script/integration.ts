import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cacheFolder } from "../test/peer/cache.ts";
import { pythonPeers } from "../test/peer/peer-table.ts";
import { makeEnvironment, python314 } from "../test/peer/python.ts";
import { run, type Result } from "./stage.ts";

const folder = "integration";
/** Per cent of lines and branches; Home Assistant's quality scale wants more than 95, and all of the configuration flow. */
const leastCovered = 95;
const whollyCovered = "custom_components/rack_power/config_flow.py";

interface Coverage {
  readonly totals: { readonly percent_covered: number };
  readonly files: Readonly<Record<string, { readonly summary: { readonly percent_covered: number } }>>;
}
type Outcomes = Readonly<Record<"passed" | "failed" | "error" | "skipped", readonly string[]>>;
/** What one check found; nothing when it is content. */
type Check = readonly [name: string, findings: readonly string[]];

const environment = async (): Promise<{ readonly bin: string } | { readonly why: string }> => {
  try {
    const root = await makeEnvironment("integration", pythonPeers["integration"]?.requirements ?? [], await python314());
    return { bin: join(root, "bin") };
  } catch (error) {
    return { why: String(error) };
  }
};

/** Nothing is written beside the sources: no compiled files, no caches. */
const python = async (bin: string, scratch: string, show: boolean, ...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> =>
  await run(join(bin, "python"), args, {
    show,
    cwd: folder,
    env: { PYTHONDONTWRITEBYTECODE: "1", COVERAGE_FILE: join(scratch, "coverage"), RACK_POWER_REPORT: join(scratch, "outcomes.json") },
  });

const tool = async (bin: string, scratch: string, name: string, ...args: readonly string[]): Promise<Check> => {
  const { code, output } = await python(bin, scratch, false, "-m", ...args);
  return [name, code === 0 ? [] : [`${name}:\n${output.trim()}`]];
};

const coverage = (file: string): readonly Check[] => {
  const { totals, files } = JSON.parse(readFileSync(file, "utf8")) as Coverage;
  const flow = files[whollyCovered]?.summary.percent_covered ?? 0;
  const total = totals.percent_covered;
  return [
    ["coverage", total > leastCovered ? [] : [`coverage is ${total.toFixed(1)} %, and must be more than ${leastCovered} %`]],
    ["coverage of the configuration flow", flow === 100 ? [] : [`${whollyCovered} is covered by ${flow.toFixed(1)} %, and must be wholly`]],
  ];
};

const resultOf = (checks: readonly Check[], { passed, failed, error, skipped }: Outcomes): Result => {
  const wrong = checks.filter(([, findings]) => findings.length > 0);
  // A test that failed and then left something behind is in both lists.
  const bad = [...new Set([...failed, ...error])];
  const good = passed.filter((test) => !bad.includes(test));
  return {
    passed: good.length + checks.length - wrong.length,
    failed: bad.length + wrong.length,
    skipped: skipped.length,
    what: `${good.length + bad.length} tests in Python, ${checks.map(([name]) => name).join(", ")}`,
    notes: [...bad.map((test) => `${folder}/${test}`), ...wrong.flatMap(([, findings]) => findings), ...skipped.map((test) => `skipped: ${folder}/${test}`)],
  };
};

const check = async (bin: string, scratch: string): Promise<Result> => {
  const covered = join(scratch, "coverage.json");
  const checks: readonly Check[] = [
    await tool(bin, scratch, "ruff format", "ruff", "format", "--no-cache", "--check", "."),
    await tool(bin, scratch, "ruff", "ruff", "check", "--no-cache", "."),
    await tool(bin, scratch, "mypy", "mypy", "--cache-dir", join(cacheFolder(), "mypy")),
  ];
  const plain = ["-q", "--no-header", "--tb=short", "--show-capture=no", "-p", "no:cacheprovider", "--cov", `--cov-report=json:${covered}`, "--cov-report="];
  const { code } = await python(bin, scratch, true, "-m", "pytest", ...plain);
  const outcomes = JSON.parse(readFileSync(join(scratch, "outcomes.json"), "utf8")) as Outcomes;
  const result = resultOf([...checks, ...coverage(covered)], outcomes);
  if (outcomes.passed.length === 0) return { ...result, failed: result.failed + 1, notes: [...result.notes, "there was no test"] };
  const said = outcomes.failed.length + outcomes.error.length > 0;
  return code === 0 || said ? result : { ...result, failed: result.failed + 1, notes: [...result.notes, `pytest ended with ${code}, see above`] };
};

/** The companion integration by its own means: format, lint and types of Python, and its tests in Home Assistant's own test rig. */
export const integration = async (): Promise<Result> => {
  const found = await environment();
  if ("why" in found) {
    const missing = process.env["CI"] === "true";
    const notes = [`${missing ? "" : "skipped: "}${folder}: no Python environment: ${found.why}`];
    return { passed: 0, failed: missing ? 1 : 0, skipped: missing ? 0 : 1, what: "nothing", notes };
  }
  const scratch = mkdtempSync(join(tmpdir(), "rack-power-integration-"));
  try {
    return await check(found.bin, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
