import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "./cli-rig.ts";

/** Answers whatever is asked, and keeps how. */
const startAnswerer = async (status: number, body: string): Promise<{ readonly port: number; readonly asked: (readonly [string, IncomingHttpHeaders])[] }> => {
  const asked: (readonly [string, IncomingHttpHeaders])[] = [];
  const server = createServer(({ url = "", headers }, response) => {
    asked.push([url, headers]);
    response.writeHead(status, { location: "http://127.0.0.1:1/" }).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked };
};

const answers: readonly (readonly [string, number, string, 0 | 1, RegExp])[] = [
  ["ready", 200, '{"state":"ready"}', 0, /^ready\n$/],
  ["one device or the broker away", 200, '{"state":"degraded"}', 0, /^degraded\n$/],
  ["about to end", 200, '{"state":"stopping"}', 1, /: stopping\n$/],
  ["another program", 200, "<html>", 1, /does not answer\n$/],
  ["another API", 200, '{"state":7}', 1, /answers with 200\n$/],
  ["broken", 500, '{"state":"ready"}', 1, /answers with 500\n$/],
  ["elsewhere", 302, "", 1, /does not answer\n$/],
];

test.each(answers)("health: %s", async (_, status, body, code, said) => {
  const { port, asked } = await startAnswerer(status, body);
  const ended = await runCli(["health", "--url", `http://127.0.0.1:${port}/`]);
  expect(ended.code).toBe(code);
  expect(ended.out + ended.err).toMatch(said);
  expect(asked.map(([url]) => url)).toEqual(["/api/v1/health"]);
  expect(asked[0]?.[1]).not.toHaveProperty("x-api-key");
});

test("health: nobody there is 1, as container engines know only 0 and 1", async () => {
  expect(await runCli(["health", "--url", "http://127.0.0.1:1"])).toEqual({ code: 1, out: "", err: "http://127.0.0.1:1: does not answer\n" });
  expect(await runCli(["health", "--config", "/nowhere/rack-power.yaml"])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/where is the program/) as string,
  });
});

test("health: as an add-on it knows where the program is; else by the configuration, or by what is said", async () => {
  const { port } = await startAnswerer(200, '{"state":"ready"}');
  const folder = await mkdtemp(join(tmpdir(), "rack-power-health-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "rack-power.yaml");
  await writeFile(file, `rest: { listen: "0.0.0.0:${port}" }\n`);
  const good = { code: 0, out: "ready\n", err: "" };
  expect(await runCli(["health"], { environment: { SUPERVISOR_TOKEN: "x", RACK_POWER_ADDON_LISTEN: `0.0.0.0:${port}` } })).toEqual(good);
  expect(await runCli(["health", "--config", file])).toEqual(good);
  expect(await runCli(["health"], { environment: { RACK_POWER_CONFIG: file } })).toEqual(good);
  expect(await runCli(["health"], { environment: { RACK_POWER_URL: `http://127.0.0.1:${port}` } })).toEqual(good);
});
