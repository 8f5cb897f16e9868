import { expect, test } from "vitest";
import type { Added, Question } from "#domain/identified.ts";
import { repairKinds } from "#domain/repair.ts";
import { pduAnswer, startRig, type Rig } from "./rest-rig.ts";

const send = (rig: Rig, path: string, body: unknown, method = "POST"): Promise<Response> =>
  rig.ask(path, "admin", { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const json = async (answer: Response | Promise<Response>): Promise<unknown> => (await answer).json();

test("what has to be repaired, with its place", async () => {
  await using rig = await startRig();
  expect(await json(rig.ask("/api/v1/repairs", "read"))).toEqual([
    { id: "quarantined:attic", kind: "quarantined", device: "attic", file: "rack-power.yaml", line: 9, column: 13, detail: "there is no driver snpm" },
    {
      id: "label-changed:rack-pdu/outlet/8",
      kind: "label-changed",
      device: "rack-pdu",
      part: "outlet/8",
      label: "socket 8",
      accepted: "socket VIII",
      detail: "another name",
    },
  ]);
  const document = (await json(rig.ask("/api/v1/openapi.json"))) as { components: { schemas: { Repair: { properties: { kind: { enum: string[] } } } } } };
  expect(document.components.schemas.Repair.properties.kind.enum).toEqual(repairKinds);
});

test("health tells more to whoever shows a key", async () => {
  const instance = "6f1c0c7e-93ab-4b27-a1d5-000000000001";
  await using rig = await startRig({
    health: () => ({ state: "ready", problems: [], instance, logLevel: "warn", broker: { state: "refused", detail: "wrong password" }, partners: [] }),
  });
  expect(await json(rig.ask("/api/v1/health"))).toEqual({ state: "ready" });
  expect(await json(rig.ask("/api/v1/health", "read"))).toMatchObject({ instance, logLevel: "warn", broker: { state: "refused", detail: "wrong password" } });
});

test("what is published; 404 when nobody can know", async () => {
  await using rig = await startRig();
  expect(await json(rig.ask("/api/v1/entities", "read"))).toEqual({ deviceIdentifiers: ["rack-power_web"], uniqueIds: ["rack-power_web_chassis_chassis-on"] });
  await using other = await startRig({ entities: () => undefined });
  expect((await other.ask("/api/v1/entities", "read")).status).toBe(404);
});

test("the log level is set at once, and only to a level", async () => {
  const set: string[] = [];
  await using rig = await startRig({ setLogLevel: (level) => void set.push(level) });
  const answer = await send(rig, "/api/v1/log-level", { level: "debug" }, "PUT");
  expect([answer.status, await answer.json()]).toEqual([200, { level: "debug" }]);
  expect((await send(rig, "/api/v1/log-level", { level: "loud" }, "PUT")).status).toBe(422);
  expect(set).toEqual(["debug"]);
});

test("identify passes on what was asked, and gives what was found", async () => {
  const asked: Question[] = [];
  await using rig = await startRig({
    identify: async (question) => {
      asked.push(question);
      return [pduAnswer, { driver: "nut", why: "timeout: no answer" }];
    },
  });
  const answer = await send(rig, "/api/v1/identify", { host: "10.0.0.2", driver: "snmp", options: { community: "x", authentication: { key: "y" } } });
  const [pdu, nut] = (await answer.json()) as [Record<string, unknown>, unknown];
  expect(asked).toEqual([{ host: "10.0.0.2", driver: "snmp", options: { community: "x", authentication: { key: "y" } } }]);
  expect(pdu).toMatchObject({
    driver: "snmp",
    id: "ap8941",
    entry: pduAnswer.entry,
    yaml: pduAnswer.yaml,
    description: { model: "AP8941", mac: ["00:c0:b7:01:02:03"] },
  });
  expect(pdu["readings"]).toEqual([
    { part: "outlet/3", point: "outlet.on", value: true },
    { part: "outlet/3", point: "meter.power", value: 41, unit: "W" },
  ]);
  expect(nut).toEqual({ driver: "nut", why: "timeout: no answer" });
  for (const wrong of [{}, { host: "" }, { host: "a\u0007" }, { host: "a", drivr: "x" }, { host: "a", options: [] }])
    expect((await send(rig, "/api/v1/identify", wrong)).status).toBe(422);
});

test("a device is added, or it is said why not", async () => {
  const given: unknown[] = [];
  let result: Added = { ok: true };
  await using rig = await startRig({
    addDevice: async (...words) => {
      given.push(words);
      return result;
    },
  });
  const entry = { driver: "snmp", host: "a" };
  const answer = await send(rig, "/api/v1/devices", { id: "new", entry });
  expect([answer.status, answer.headers.get("location"), await answer.json()]).toEqual([201, "/api/v1/devices/new", { id: "new" }]);
  expect(given).toEqual([["new", entry]]);
  for (const [why, status] of [
    ["exists", 409],
    ["changed", 409],
    ["wrong", 422],
    ["unwritable", 503],
  ] as const) {
    result = { ok: false, why, detail: "no", problems: ["devices.new.port: is text"] };
    const refused = await send(rig, "/api/v1/devices", { id: "new", entry });
    expect([refused.status, await refused.json()]).toMatchObject([
      status,
      { detail: "no", type: `urn:rack-power:problem:${why}`, errors: [{ detail: "devices.new.port: is text" }] },
    ]);
  }
  expect((await send(rig, "/api/v1/devices", { id: "New one", entry })).status).toBe(422);
  expect((await rig.ask("/api/v1/devices", "control", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status).toBe(403);
});

test("for whom a key acts stands in the outcome", async () => {
  await using rig = await startRig();
  await rig.command("rack-pdu", "outlet/8", "outlet.off", { body: { person: "Anna" } });
  expect(rig.bus.submitted[0]?.by).toEqual({ via: "rest", key: "the control one", person: "Anna" });
  expect(await json(rig.ask("/api/v1/outcomes", "read"))).toMatchObject([{ by: { via: "rest", key: "the control one", person: "Anna" } }]);
  expect((await rig.command("rack-pdu", "outlet/8", "outlet.off", { body: { person: "x".repeat(101) } })).status).toBe(422);
});
