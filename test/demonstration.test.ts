import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { DeviceView } from "#publish/rest/device-view.ts";
import { startProcess, type RunningProcess } from "./peer/process.ts";
import { until } from "./peer/until.ts";

const main = resolve(import.meta.dirname, "../src/main.ts");

test("npm start without a configuration: a rack that can be watched, switched and cut off from the mains", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rack-power-demonstration-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const run = (words: readonly string[], ready?: string): Promise<RunningProcess> =>
    startProcess(process.execPath, [main, ...words], { cwd: folder, ...(ready !== undefined && { ready }) });
  const cli = async (...words: readonly string[]): Promise<readonly [code: unknown, output: string]> => {
    await using one = await run(words);
    return [await one.ended, one.output()];
  };
  await using demonstration = await run([], "REST API");
  const [, key = "", url = ""] = /curl -H 'X-API-Key: ([^']+)' (http:\S+?)\/api/.exec(demonstration.output()) ?? [];
  const device = async (id: string): Promise<DeviceView> =>
    (await (await fetch(`${url}/api/v1/devices/${id}`, { headers: { "x-api-key": key } })).json()) as DeviceView;
  const value = async (id: string, part: string, point: string): Promise<unknown> => {
    const readings = (await device(id)).parts.find((one) => one.id === part)?.readings as Readonly<Record<string, { value: unknown }>> | undefined;
    return readings?.[point]?.value;
  };
  const ids = ["office-ups", "rack-ups", "rack-pdu", "web", "db"];
  await until(async () => (await Promise.all(ids.map(device))).every(({ connection }) => connection.state === "online"), "five devices are there");
  expect((await device("rack-pdu")).parts.filter(({ id }) => id.startsWith("outlet/"))).toHaveLength(24);
  expect(demonstration.output()).toMatch(/broker +MQTT +127\.0\.0\.1:\d+ +\(in Home Assistant/);

  expect(await cli("simulate", "mains", "off")).toEqual([0, "mains: off\n"]);
  await until(async () => (await value("office-ups", "ups", "ups.onBattery")) === true, "on battery");
  await until(async () => Number(await value("office-ups", "ups", "ups.charge")) < 100, "the battery drains");
  await cli("simulate", "mains", "on");

  expect(await cli("drive", "rack-pdu", "outlet/3", "off")).toEqual([0, "confirmed: rack-pdu outlet/3 outlet.off: done (1 write)\n"]);
  await until(async () => (await value("rack-pdu", "outlet/3", "meter.power")) === 0, "its watts are gone");
  await until(async () => (await value("web", "chassis", "chassis.on")) === false, "its server is off", 10_000);
  expect((await cli("drive", "rack-pdu", "outlet/1", "off"))[0]).toBe(3);

  const second = await cli();
  expect(second[0]).toBe(1);
  expect(second[1]).toMatch(/runs here already/);
  expect((await cli("devices", "web"))[0]).toBe(0);

  // The window of the terminal is closed.
  demonstration.kill("SIGHUP");
  expect(await demonstration.ended).toBe(0);
  expect(existsSync(join(folder, "data", "demonstration", "control-port"))).toBe(false);
  expect((await cli("simulate", "status"))[0]).toBe(75);
}, 60_000);
