import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, test } from "vitest";

import { checkLayers, importsOf, laws } from "../script/layer.ts";
import { checkShape } from "../script/shape.ts";
import { readSources } from "../script/source.ts";

/** One import that its layer forbids, for each layer and for each kind of wall within one. */
const planted: Readonly<Record<string, readonly [file: string, source: string]>> = {
  domain: ["src/domain/planted.ts", `import { readFileSync } from "node:fs";`],
  platform: ["src/platform/planted.ts", `import { Fault } from "#domain/fault.ts";`],
  config: ["src/config/planted.ts", `import type { Driver } from "#driver/contract.ts";`],
  transport: ["src/transport/nut/planted.ts", `import { readings } from "#store/read.ts";`],
  driver: ["src/driver/nut/planted.ts", `import type { Bus } from "#engine/bus.ts";`],
  store: ["src/store/planted.ts", `export { z } from "zod";`],
  engine: ["src/engine/planted.ts", `export * from "#publish/mqtt/link.ts";`],
  publish: ["src/publish/mqtt/planted.ts", `const session = await import("#driver/nut/driver.ts");`],
  compat: ["src/compat/pwrstat/planted.ts", `import { startMqtt } from "#publish/mqtt/publisher.ts";`],
  ui: ["src/ui/planted.ts", `import { deviceView } from "#publish/rest/device-view.ts";`],
  homeassistant: ["src/homeassistant/planted.ts", `import { startMqtt } from "#publish/mqtt/publisher.ts";`],
  simulator: ["src/simulator/planted.ts", `import { createStore } from "#store/store.ts";`],
  cli: ["src/cli/planted.ts", `import { until } from "#test/peer/until.ts";`],
  program: ["src/program/planted.ts", `import { until } from "#test/peer/until.ts";`],
  main: ["src/planted.ts", `import { until } from "../test/peer/until.ts";`],
};
const walls: Readonly<Record<string, readonly [file: string, source: string]>> = {
  "another driver": ["src/driver/nut/planted.ts", `import { ipmi } from "../ipmi/driver.ts";`],
  "the list of drivers": ["src/driver/nut/planted.ts", `import { registry } from "../registry.ts";`],
  "another publisher": ["src/publish/mqtt/planted.ts", `import { route } from "#publish/rest/route.ts";`],
  "a driver, from a forerunner's way out": ["src/compat/pwrstat/planted.ts", `import { openSession } from "#driver/nut/session.ts";`],
  "bytes, from a publisher": ["src/publish/nut/planted.ts", `import { createNutPool } from "#transport/nut/pool.ts";`],
  "another protocol's package": ["src/transport/nut/planted.ts", `import snmp from "net-snmp";`],
  "another protocol": ["src/transport/nut/planted.ts", `import { oid } from "../snmp/oid.ts";`],
  "the writer of the store": ["src/publish/rest/planted.ts", `import { createStore } from "#store/store.ts";`],
  "a type in passing": ["src/domain/planted.ts", `export type Log = import("#platform/log.ts").Log;`],
  "a specifier nobody can read": ["src/store/planted.ts", `export const load = (name: string): Promise<unknown> => import(name);`],
  "another way in": ["src/engine/planted.ts", `import { z } from "../config/../config/schema.ts";`],
  "a protocol without a law": ["src/transport/telepathy/planted.ts", `export const a = 1;`],
  "a layer without a law": ["src/misc/planted.ts", `export const a = 1;`],
};
const real = readSources("src/**/*.ts");

describe("layers", () => {
  test("the program keeps them", () => {
    const { files, imports, findings } = checkLayers(real);
    expect(findings).toEqual([]);
    expect(files).toBe(real.size);
    expect(files).toBeGreaterThan(150);
    expect(imports).toBeGreaterThan(600);
    expect(new Set([...real.keys()].map((file) => file.split("/")[1]?.replace(/.*\.ts$/, "main")))).toEqual(new Set(Object.keys(laws)));
  });

  test("one violation planted in each layer is one report each", () => {
    expect(Object.keys(planted)).toEqual(Object.keys(laws));
    const { findings } = checkLayers(new Map([...real, ...Object.values(planted)]));
    expect(findings.map(({ file }) => file).toSorted()).toEqual(
      Object.values(planted)
        .map(([file]) => file)
        .toSorted(),
    );
  });

  test.each(Object.entries(walls))("within a layer: %s", (_name, [file, source]) => {
    expect(checkLayers(new Map([[file, source]])).findings).toHaveLength(1);
  });

  test("sees every way of importing", () => {
    const source = `import a from "a"; import type { B } from "b"; import "c"; export * from "d"; export { e } from "e"; export type { F } from "f";
      const g = await import("g"); const h = require("h"); type I = import("i").I; const text = 'import "not"'; // import "nor this"`;
    expect(
      importsOf("x.ts", source)
        .map(({ specifier }) => specifier)
        .toSorted(),
    ).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
  });
});

describe("shape", () => {
  test("the program keeps it", () => {
    const { files, findings } = checkShape(real);
    expect(files).toBe(real.size);
    expect(findings).toEqual([]);
  });

  test("a function is judged without those in it", () => {
    const body = (lines: number): string => "  0;\n".repeat(lines);
    const long = `export const long = () => {\n${body(40)}};\n`;
    const factory = `export const factory = () => {\n${`const inner = () => {\n${body(30)}};\n`.repeat(3)}};\n`;
    expect(checkShape(new Map([["src/a/b.ts", long + factory]])).findings).toEqual([
      { file: "src/a/b.ts", line: 1, what: expect.stringContaining("42 lines") as string },
    ]);
    expect(
      checkShape(
        new Map([
          ["src/a/utils.ts", ""],
          ["src/helper/a.ts", ""],
          ["src/a/device-manager.ts", ""],
        ]),
      ).findings,
    ).toHaveLength(3);
  });
});

test("the linter refuses what the style forbids", () => {
  const folder = mkdtempSync(join(tmpdir(), "lint-"));
  const files: Readonly<Record<string, readonly [rule: string, source: string]>> = {
    "src/store/time.ts": ["no-restricted-globals", "export const at = (): number => Date.now();"],
    "src/engine/wait.ts": ["no-restricted-globals", "export const wait = (act: () => void): void => void setTimeout(act, 1);"],
    "src/driver/nut/speak.ts": ["no-console", `export const speak = (): void => console.log("x");`],
    "src/publish/rest/look.ts": ["no-restricted-properties", `export const look = (): string | undefined => process.env["KEY"];`],
    "src/engine/hidden.ts": ["no-restricted-imports", `export { setTimeout } from "node:timers/promises";`],
    "src/store/loose.ts": ["no-explicit-any", "export const loose = (x: any): string => String(x);"],
    "src/store/float.ts": ["no-floating-promises", "const work = async (): Promise<number> => 1;\nexport const float = (): void => {\n  work();\n};"],
    "src/store/hurl.ts": ["only-throw-error", `export const hurl = (): never => {\n  throw "text";\n};`],
    "src/store/hush.ts": ["no-empty", "export const hush = (act: () => void): void => {\n  try {\n    act();\n  } catch {}\n};"],
    "src/store/partial.ts": [
      "switch-exhaustiveness-check",
      `export const partial = (x: "a" | "b"): void => {\n  switch (x) {\n    case "a":\n      break;\n  }\n};`,
    ],
    "src/store/CamelCase.ts": ["filename-case", "export const a = 1;"],
  };
  try {
    for (const name of [".oxlintrc.json", "tsconfig.json", "package.json"]) cpSync(name, join(folder, name));
    symlinkSync(join(import.meta.dirname, "../node_modules"), join(folder, "node_modules"));
    for (const [path, [, source]] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${source}\n`);
    }
    const { stdout } = spawnSync("oxlint", ["src", "-f", "json"], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: `${join(import.meta.dirname, "../node_modules/.bin")}:${process.env["PATH"]}` },
    });
    const report = JSON.parse(stdout) as { number_of_files: number; diagnostics: { code: string; filename: string }[] };
    expect(report.number_of_files).toBe(Object.keys(files).length);
    for (const [path, [rule]] of Object.entries(files))
      expect(
        report.diagnostics.filter(({ filename }) => filename === path).map(({ code }) => code),
        path,
      ).toContainEqual(expect.stringContaining(`(${rule})`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
