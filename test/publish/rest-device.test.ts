import type { OpenAPIV3_1 } from "openapi-types";
import { expect, test } from "vitest";
import { z } from "zod";
import { pointNames } from "#domain/capability.ts";
import { deviceSchema } from "#publish/rest/device-view.ts";
import { startRig } from "./rest-rig.ts";

const noon = "2026-01-31T12:00:00.000Z";

test("a device: who it is, whether it answers, and its parts with typed readings", async () => {
  await using rig = await startRig();
  const devices = (await (await rig.ask("/api/v1/devices", "read")).json()) as Record<string, unknown>[];
  expect(z.array(z.strictObject(deviceSchema.shape)).parse(devices)).toEqual(devices);
  expect(devices.map(({ id, name, connection }) => ({ id, name, connection }))).toEqual([
    { id: "rack-pdu", name: "Rack PDU", connection: { state: "online", since: noon } },
    { id: "web", name: "web", connection: { state: "online", since: noon } },
    { id: "office-ups", name: "office-ups", connection: { state: "offline", since: noon, fault: "timeout", detail: "no answer within 2 s" } },
    {
      id: "attic",
      name: "attic",
      connection: { state: "quarantined", since: noon, detail: "rack-power.yaml:9:13: there is no driver snpm; did you mean snmp?" },
    },
  ]);
  expect(await (await rig.ask("/api/v1/devices/rack-pdu", "read")).json()).toEqual(devices[0]);
  expect(devices[0]).toMatchObject({
    driver: "snmp",
    area: "Cellar",
    manufacturer: "APC",
    model: "AP8941",
    serial: "5A1227E00234",
    mac: ["00:c0:b7:01:02:03"],
    fedBy: [],
  });
  expect(devices[1]).toMatchObject({ fedBy: [{ device: "rack-pdu", part: "outlet/8" }] });
});

test("a part: numbers in the unit of their quantity and no longer than worth it; what is old says so; what is not known is not there", async () => {
  await using rig = await startRig();
  expect(await (await rig.ask("/api/v1/devices/rack-pdu/parts/outlet/3", "read")).json()).toEqual({
    id: "outlet/3",
    name: "NAS",
    label: "socket 3",
    lock: "locked",
    capabilities: ["outlet", "meter"],
    readings: {
      "outlet.on": { value: true, at: noon, quality: "good" },
      "meter.power": { value: 44, unit: "W", at: noon, quality: "good" },
      "meter.energy": { value: 0.3, unit: "kWh", at: noon, quality: "good" },
    },
    commands: ["outlet.on", "outlet.off", "outlet.cycle"],
  });
  expect(await (await rig.ask("/api/v1/devices/office-ups/parts/ups", "read")).json()).toMatchObject({
    name: "ups",
    readings: { "ups.status": { value: ["OL", "CHRG"], quality: "stale" }, "ups.charge": { value: 100, unit: "%" }, "ups.onBattery": { value: false } },
  });
});

test("a variable says how far it goes, and what is worked out says so", async () => {
  await using rig = await startRig();
  const limits = { unit: "s", least: 0, most: 600, step: 5, options: ["0", "5"], longest: 3 };
  rig.store.describe("web", {
    parts: [
      { id: "variable/delay", points: ["variable.number"], commands: ["variable.set"], limits },
      { id: "ups", points: ["ups.charge", "meter.power"], commands: [], derived: ["meter.power"] },
    ],
  });
  rig.store.put(
    "web",
    [
      { part: "variable/delay", point: "variable.number", value: 20 },
      { part: "ups", point: "ups.charge", value: 97 },
      { part: "ups", point: "meter.power", value: 140 },
    ],
    Date.UTC(2026, 0, 31, 12),
  );
  const device = (await (await rig.ask("/api/v1/devices/web", "read")).json()) as { readonly parts: readonly unknown[] };
  expect(z.strictObject(deviceSchema.shape).parse(device)).toEqual(device);
  expect(device.parts).toEqual([
    expect.objectContaining({ capabilities: ["variable"], limits, readings: { "variable.number": { value: 20, unit: "s", at: noon, quality: "good" } } }),
    expect.objectContaining({
      readings: {
        "ups.charge": { value: 97, unit: "%", at: noon, quality: "good" },
        "meter.power": { value: 140, unit: "W", at: noon, quality: "good", derived: true },
      },
    }),
  ]);
  expect(device.parts[1]).not.toHaveProperty("limits");
});

test("what is not there is 404, and says what", async () => {
  await using rig = await startRig();
  const details: Record<string, unknown> = {};
  for (const path of ["/api/v1/devices/none", "/api/v1/devices/rack-pdu/parts/outlet/99", "/api/v1/devices/NO%20NAME", "/api/v1/else", "/"]) {
    const answer = await rig.ask(path, "read");
    expect(answer.status, path).toBe(404);
    const problem = (await answer.json()) as Record<string, unknown>;
    expect(problem["instance"]).toBe(path);
    details[path] = problem["detail"];
  }
  expect(details).toEqual({
    "/api/v1/devices/none": "there is no device none",
    "/api/v1/devices/rack-pdu/parts/outlet/99": "rack-pdu has no part outlet/99",
    "/api/v1/devices/NO%20NAME": "there is no such device or part",
    "/api/v1/else": "there is nothing at this path",
    "/": "there is nothing at this path",
  });
});

test("health: a word for everybody, names only with a key, and 200 also when degraded, as a watchdog would restart else", async () => {
  await using rig = await startRig();
  const open = await rig.ask("/api/v1/health");
  expect([open.status, await open.json()]).toEqual([200, { state: "degraded" }]);
  expect(await (await rig.ask("/api/v1/health", "read")).json()).toEqual({
    state: "degraded",
    version: "1.2.3",
    problems: ["office-ups does not answer"],
    devices: { connecting: 0, online: 2, offline: 1, quarantined: 1 },
  });
});

test("reload: what was taken over, or why nothing was", async () => {
  let accepted = true;
  await using rig = await startRig({ reload: async () => ({ accepted, problems: ["rack-power.yaml:9:13: no driver snpm"] }) });
  const reload = (): Promise<Response> => rig.ask("/api/v1/reload", "admin", { method: "POST" });
  expect(await (await reload()).json()).toEqual({ accepted: true, problems: ["rack-power.yaml:9:13: no driver snpm"] });
  accepted = false;
  const refused = await reload();
  expect([refused.status, await refused.json()]).toEqual([422, expect.objectContaining({ errors: [{ detail: "rack-power.yaml:9:13: no driver snpm" }] })]);
});

test("the description is OpenAPI 3.1, complete, and its readings are the catalogue", async () => {
  await using rig = await startRig();
  const text = await (await rig.ask("/api/v1/openapi.json")).text();
  const document = JSON.parse(text) as OpenAPIV3_1.Document;
  expect(document.openapi).toMatch(/^3\.1\./);
  const schemas = document.components?.schemas ?? {};
  const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? "");
  expect(new Set(references)).toEqual(new Set(Object.keys(schemas)));
  expect(references.length).toBeGreaterThan(50);
  expect(Object.keys(schemas["Readings"]?.properties ?? {})).toEqual([...pointNames]);
  const operations = Object.values(document.paths ?? {}).flatMap((path) => [path?.get, path?.put, path?.post].filter((operation) => operation !== undefined));
  for (const { operationId, responses } of operations)
    for (const [status, response] of Object.entries(responses ?? {})) {
      if (Number(status) >= 400)
        expect("content" in response && Object.keys(response.content ?? {}), `${operationId} ${status}`).toEqual(["application/problem+json"]);
      expect("description" in response && response.description, `${operationId} ${status}`).not.toMatch(/Default/);
    }
  expect(operations).toHaveLength(21);
});

test("answers are not kept, not framed and run nothing", async () => {
  await using rig = await startRig();
  for (const [path, scope] of [
    ["/api/v1/devices", "read"],
    ["/api/v1/devices", undefined],
    ["/none", undefined],
  ] as const) {
    const { headers } = await rig.ask(path, scope);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toBeNull();
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("metrics: base units, one sample per known value, none for a stale one; up, outcomes and faults", async () => {
  await using rig = await startRig();
  await rig.command("rack-pdu", "outlet/8", "outlet.off");
  for (let number = 0; number < 3; number++) await rig.command(`nobody-${number}`, "outlet/8", "outlet.off");
  rig.store.connect("web", { state: "offline", since: 1, fault: "denied" });
  // Still away, for another reason: it went away once.
  rig.store.connect("web", { state: "offline", since: 1, fault: "timeout" });
  const metrics = async (): Promise<string[]> => (await (await rig.ask("/metrics", "read")).text()).split("\n");
  await metrics();
  const lines = await metrics();
  expect(lines).toEqual(
    expect.arrayContaining([
      'rack_power_meter_power_watts{device="rack-pdu",part="outlet/3"} 44.04',
      `rack_power_meter_energy_joules_total{device="rack-pdu",part="outlet/3"} ${(0.1 + 0.2) * 3_600_000}`,
      'rack_power_outlet_on{device="rack-pdu",part="outlet/7"} 1',
      'rack_power_chassis_on{device="web",part="chassis"} 1',
      'rack_power_device_up{device="rack-pdu"} 1',
      'rack_power_device_up{device="web"} 0',
      'rack_power_device_up{device="attic"} 0',
      'rack_power_device_info{device="rack-pdu",driver="snmp",manufacturer="APC",model="AP8941",firmware=""} 1',
      'rack_power_commands_total{device="rack-pdu",state="confirmed"} 1',
      'rack_power_commands_total{device="",state="refused"} 3',
      'rack_power_device_faults_total{device="web",fault="denied"} 1',
      'rack_power_info{version="1.2.3"} 1',
    ]),
  );
  expect(lines.filter((line) => line.includes("nobody") || line.includes('fault="timeout"'))).toEqual([]);
  expect(lines.filter((line) => line.startsWith("rack_power_ups_") && line.includes("{"))).toEqual([]);
  rig.store.remove("rack-pdu");
  expect((await metrics()).filter((line) => line.includes("rack-pdu") && !line.startsWith("rack_power_commands"))).toEqual([]);
});
