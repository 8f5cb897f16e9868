import { existsSync } from "node:fs";

import { expect, test } from "vitest";

import { startProcess } from "./process.ts";
import { until } from "./until.ts";

const node = (source: string): [string, string[]] => [process.execPath, ["-e", source]];

test("waits until it is ready, shows what it wrote, and ends with its scope", async () => {
  let pid = 0;
  {
    await using running = await startProcess(...node(`setTimeout(() => console.log("re" + "ady"), 30); setInterval(() => 0, 1000)`), { ready: "ready" });
    pid = running.pid;
    expect(running.output()).toContain("ready");
    expect(existsSync(`/proc/${pid}`)).toBe(true);
  }
  await until(() => !existsSync(`/proc/${pid}`), "the process has gone");
});

test("one that ends, does not get ready or is not there is an error with its output", async () => {
  await expect(startProcess(...node(`console.error("oh"); process.exit(3)`), { ready: "never" })).rejects.toThrow(/ended \(3\)[^]*oh/);
  await expect(startProcess(...node(`console.log("slow"); setInterval(() => 0, 1000)`), { ready: "never", within: 400 })).rejects.toThrow(
    /not ready within 400 ms/,
  );
  await expect(startProcess("/nowhere/program", [], { ready: "never" })).rejects.toThrow(/ended \(127\)/);
});

test("one that ignores the request to end is ended", async () => {
  const running = await startProcess(...node(`process.on("SIGTERM", () => console.log("no")); console.log("up"); setInterval(() => 0, 1000)`), { ready: "up" });
  await running.end(100);
  expect(await running.ended).toBe("SIGKILL");
  expect(running.output()).toContain("no");
});
