import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProcess } from "../peer/process.ts";
import { freePort } from "../peer/port.ts";

const folder = mkdtempSync(join(tmpdir(), "bundle-"));
const program = join(folder, "app", "rack-power.mjs");
const environment = { XDG_CACHE_HOME: join(folder, "cache"), NODE_COMPILE_CACHE: undefined };
beforeAll(() => void execFileSync(process.execPath, ["script/bundle.ts", "--into", join(folder, "app")]));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the bundle runs where nothing else is, and what it needs lies beside it", async () => {
  const port = await freePort("tcp");
  const file = join(folder, "rack-power.yaml");
  writeFileSync(file, `data: ./data\nrest: { listen: "127.0.0.1:${port}" }\ndevices:\n  wrong: { driver: snmp, host: 127.0.0.1, profile: none }\n`);
  const url = `http://127.0.0.1:${port}`;
  const ready = (): Promise<boolean> => fetch(`${url}/api/v1/health`).then(({ ok }) => ok);
  await using running = await startProcess(process.execPath, [program, "run", "--config", file], { cwd: folder, env: environment, ready });
  expect(execFileSync(process.execPath, [program, "health"], { cwd: folder, env: { ...process.env, RACK_POWER_URL: url }, encoding: "utf8" })).toBe(
    "degraded\n",
  );
  expect(await (await fetch(url, { headers: { "accept-language": "de" } })).text()).toContain('<html lang="de">');
  running.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  // The profiles are inside: the message names those that there are.
  expect(running.output()).toContain("apc-rack-pdu-2g");
  expect(running.output()).not.toMatch(/Deprecat|Cannot find|ENOENT/);
  // What V8 made of the code is kept for the next start.
  expect(readdirSync(join(folder, "cache", "rack-power", "code"))).toHaveLength(1);
});

test("a container's health check, which runs for ever, loads next to nothing", () => {
  const cache = join(folder, "loaded");
  const env = { ...process.env, NODE_COMPILE_CACHE: cache, RACK_POWER_URL: "http://127.0.0.1:9" };
  expect(spawnSync(process.execPath, [program, "health"], { env }).status).toBe(1);
  // Node keeps one file for each module that it loaded.
  const loaded = readdirSync(cache, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(cache, name)))
    .filter((entry) => entry.isFile());
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(50_000);
});
