import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { checkLayers } from "./layer.ts";
import { checkShape } from "./shape.ts";
import { readSources, type Finding } from "./source.ts";

/** What one stage has to say. `notes` are the failures and, after `skipped:`, what was left out and why. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What it checked, for the line of the stage. */
  readonly what: string;
  readonly notes: readonly string[];
}

const verdict = (good: boolean, what: string, ...notes: readonly string[]): Result => ({
  passed: good ? 1 : 0,
  failed: good ? 0 : 1,
  skipped: 0,
  what,
  notes: good ? [] : notes,
});

interface RunOptions {
  /** Its output is seen while it runs. */
  readonly show?: boolean;
  readonly cwd?: string;
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export const run = async (
  command: string,
  args: readonly string[],
  { show = false, cwd, env: more }: RunOptions = {},
): Promise<{ readonly code: number; readonly output: string }> => {
  const env = { ...process.env, PATH: `${join(import.meta.dirname, "../node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`, ...more };
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, ...(cwd !== undefined && { cwd }) });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (show) process.stdout.write(text);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, output };
};

const code = ["src/**/*.ts", "src/ui/*.js", "test/**/*.ts", "script/**/*.{ts,mjs}", "addon/*.mjs", "vitest.config.ts"] as const;

export const types = async (): Promise<Result> => {
  const { code: status, output } = await run("tsc", ["-p", ".", "--pretty", "false"]);
  return verdict(status === 0, "tsc", output);
};

export const lint = async (): Promise<Result> => {
  const { code: status, output } = await run("oxlint", [".", "--format=json"]);
  const report = JSON.parse(output) as {
    number_of_files: number;
    diagnostics: { code: string; message: string; filename: string; labels: { span: { line: number } }[] }[];
  };
  const due = readSources(...code).size;
  const found = report.diagnostics.map(({ filename, labels, code: rule, message }) => `${filename}:${labels[0]?.span.line ?? 1} ${rule} ${message}`);
  if (report.number_of_files !== due) found.push(`linted ${report.number_of_files} files, but there are ${due}`);
  return verdict(status === 0 && found.length === 0, `${report.number_of_files} files`, ...found);
};

export const format = async (): Promise<Result> => {
  const { code: status, output } = await run("oxfmt", ["--check"]);
  const checked = Number(/on (\d+) files/.exec(output)?.[1] ?? 0);
  const enough = checked >= readSources(...code).size;
  return verdict(
    status === 0 && enough,
    `${checked} files`,
    output.trim(),
    ...(enough ? [] : ["not all files were looked at"]),
    "put right by: npm run format",
  );
};

export const unused = async (): Promise<Result> => {
  const { code: status, output } = await run("knip", ["--no-progress"]);
  return verdict(status === 0, "files, exports and packages", output);
};

const lines = (findings: readonly Finding[]): readonly string[] => findings.map(({ file, line, what }) => `${file}:${line} ${what}`);

export const layers = (): Promise<Result> => {
  const sources = readSources("src/**/*.ts");
  const { files, imports, findings } = checkLayers(sources);
  const all = lines([...findings, ...checkShape(sources).findings]);
  return Promise.resolve(verdict(all.length === 0 && files > 0 && imports > 0, `${files} files, ${imports} imports`, ...all));
};

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string; readonly failureMessages: readonly string[] }[];
  }[];
}

/** The beginning of each failure: what was expected and where, without the whole of a long comparison. */
const beginnings = (messages: readonly string[]): string =>
  messages
    .flatMap((message) => stripVTControlCharacters(message).trim().split("\n").slice(0, 20))
    .map((line) => `\n  ${line.slice(0, 400)}`)
    .join("");

const count = (report: Report): Result => {
  const tests = report.testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: relative(process.cwd(), file.name) })));
  const of = (...states: readonly string[]): typeof tests => tests.filter(({ status }) => states.includes(status));
  // A file that could not even be loaded has no tests to fail.
  const broken = report.testResults.filter((file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"));
  const failed = of("failed");
  const passed = of("passed");
  const left = tests.filter((test) => !failed.includes(test) && !passed.includes(test));
  const notes = [
    ...failed.map(({ file, fullName, failureMessages }) => `${file}: ${fullName}${beginnings(failureMessages)}`),
    ...broken.map(({ name, message }) => `${relative(process.cwd(), name)}: ${message || "a hook, see above"}`),
  ];
  return {
    passed: passed.length,
    failed: failed.length + broken.length,
    skipped: left.length,
    what: `${report.testResults.length} files`,
    notes: [...notes, ...left.map(({ file, fullName }) => `skipped: ${file}: ${fullName}`)],
  };
};

/** One project of vitest.config.ts. Counts what ran: no tests at all, no report, or an error outside of any test is a failure. */
export const tests = (project: string) => async (): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "vitest-"));
  const file = join(folder, "report.json");
  try {
    const { code: status } = await run("vitest", ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`], {
      show: true,
    });
    const result = count(JSON.parse(readFileSync(file, "utf8")) as Report);
    if (result.passed + result.failed + result.skipped === 0) return verdict(false, "nothing", "there was no test");
    if (status === 0 || result.failed > 0) return result;
    return { ...result, failed: 1, notes: [...result.notes, `vitest ended with ${status}: an error outside of any test, see above`] };
  } catch (error) {
    return verdict(false, "nothing", `vitest left no report: ${String(error)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
