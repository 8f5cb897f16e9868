import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock as clock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { Program } from "#program/program.ts";
import type { DeviceView } from "#publish/rest/device-view.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { makeFolder } from "./config/fixture.ts";
import { until } from "./peer/until.ts";

const key = "a-key-of-the-test-0002";
const community = "canary-community-81";

test("identified, added, running: over the API of the whole program, with the neighbour's connection kept and no secret told", async () => {
  const rack = createRack();
  await using pdu = await startPduAgent({ host: "127.0.0.1", readCommunity: community, writeCommunity: community, pdu: () => rack.pdu });
  await using folder = await makeFolder("");
  const text = `rest: { listen: "127.0.0.1:0", keys: [ { name: test, key: ${key}, scopes: [admin] } ] } # for the tests\ndevices:\n  attic: { driver: nut, host: 127.0.0.1, port: 9, ups: x }\n`;
  const file = await folder.write("rack-power.yaml", text);
  const lines: string[] = [];
  await using program = await Program.start({ file, environment: {}, clock, log: createLog("info", (line) => void lines.push(line)) });
  const told: string[] = [];
  const ask = async <T>(path: string, body?: unknown): Promise<{ readonly status: number; readonly body: T }> => {
    const headers = { "x-api-key": key, ...(body !== undefined && { "content-type": "application/json" }) };
    const answer = await fetch(`${program.url}${path}`, body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) });
    told.push(await answer.text());
    const isJson = answer.headers.get("content-type")?.includes("json") === true;
    return { status: answer.status, body: (isJson ? JSON.parse(told.at(-1) ?? "") : told.at(-1)) as T };
  };
  const attic = async (): Promise<string> => (await ask<DeviceView>("/api/v1/devices/attic")).body.connection.since;
  await until(async () => (await ask<DeviceView>("/api/v1/devices/attic")).body.connection.state === "offline", "the neighbour's fault");
  const before = await attic();
  const question = { host: "127.0.0.1", driver: "snmp", options: { port: pdu.port, community } };
  const [answer] = (await ask<readonly [{ readonly id: string; readonly entry: object }]>("/api/v1/identify", question)).body;
  expect(await ask("/api/v1/devices", { id: answer.id, entry: answer.entry })).toEqual({ status: 201, body: { id: "ap8941" } });
  expect((await ask("/api/v1/devices", { id: answer.id, entry: answer.entry })).status).toBe(409);
  await until(async () => (await ask<DeviceView>("/api/v1/devices/ap8941")).body.connection.state === "online", "the new device", 10_000);
  expect(await attic()).toBe(before);
  expect((await ask<string>("/")).body).toContain('id="device-ap8941"');
  expect((await readFile(file, "utf8")).startsWith(text)).toBe(true);
  expect(await readFile(join(folder.path, "secrets.yaml"), "utf8")).toContain(community);
  expect(told.length).toBeGreaterThan(7);
  expect(told.join("") + lines.join("")).not.toContain(community);
});

test("what is wrong in the file is a repair with its place", async () => {
  await using folder = await makeFolder("");
  const file = await folder.write(
    "rack-power.yaml",
    `rest: { listen: "127.0.0.1:0", keys: [ { name: test, key: ${key}, scopes: [read] } ] }\ndevices:\n  attic: { driver: snpm }\n`,
  );
  await using program = await Program.start({ file, environment: {}, clock, log: createLog("error", () => undefined) });
  const answer = await fetch(`${program.url}/api/v1/repairs`, { headers: { "x-api-key": key } });
  expect(await answer.json()).toEqual([
    {
      id: "quarantined:attic",
      kind: "quarantined",
      device: "attic",
      file,
      line: 3,
      column: 20,
      detail: expect.stringContaining('Did you mean "snmp"?') as string,
    },
  ]);
});
