import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import type { OpenAPIV3_1 } from "openapi-types";
import { expect, onTestFinished, test, vi } from "vitest";
import { sha256 } from "#platform/digest.ts";
import type { Scope } from "#domain/scope.ts";
import { createKeyRing } from "#publish/rest/key-ring.ts";
import { keyOf, keys, startRig } from "./rest-rig.ts";

const needs: Record<string, Scope | "open"> = {
  listDevices: "read",
  getDevice: "read",
  getPart: "read",
  listOutcomes: "read",
  getOutcome: "read",
  watch: "read",
  getMetrics: "read",
  acceptLabel: "control",
  giveCommand: "control",
  listRepairs: "read",
  getEntities: "read",
  listEnergyCounters: "read",
  addEnergyCounters: "admin",
  listOrphans: "read",
  removeOrphans: "admin",
  reload: "admin",
  identify: "admin",
  addDevice: "admin",
  setLogLevel: "admin",
  getHealth: "open",
  getDescription: "open",
};
const bodies: Record<string, object> = {
  acceptLabel: { label: "socket 8" },
  giveCommand: { command: "outlet.on" },
  identify: { host: "10.0.0.2" },
  addDevice: { id: "new", entry: { driver: "nut" } },
  setLogLevel: { level: "debug" },
  addEnergyCounters: { sensors: ["sensor.a"] },
  removeOrphans: { uniqueIds: ["rack-power_a"] },
};

test("every described path asks for its scope: 401 without or with a wrong key, 403 with too small a one, the answer with a larger one", async () => {
  await using rig = await startRig();
  const document = (await (await rig.ask("/api/v1/openapi.json")).json()) as OpenAPIV3_1.Document;
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    (["get", "put", "post"] as const).flatMap((method) =>
      item?.[method] ? [{ path, method, id: item[method].operationId ?? "", security: item[method].security }] : [],
    ),
  );
  expect(operations.map(({ id }) => id).toSorted()).toEqual(Object.keys(needs).toSorted());
  const statuses = async (path: string, method: string, id: string): Promise<Record<string, number>> => {
    const url = path.replace("{id}", "rack-pdu").replace("{part}", "outlet/8");
    const init: RequestInit = { method: method.toUpperCase(), ...(bodies[id] && { body: JSON.stringify(bodies[id]) }) };
    const shown: Record<string, Record<string, string>> = {
      none: {},
      wrong: { "x-api-key": "not-a-key" },
      ...Object.fromEntries(Object.entries(keyOf).map(([scope, key]) => [scope, { "x-api-key": key }])),
    };
    const found: Record<string, number> = {};
    for (const [name, headers] of Object.entries(shown)) {
      const answer = await rig.ask(url, undefined, { ...init, headers: { ...headers, ...(bodies[id] && { "content-type": "application/json" }) } });
      found[name] = answer.status;
      if (answer.status === 401) expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
      if (answer.status >= 400) expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
      await answer.body?.cancel();
    }
    return found;
  };
  for (const { path, method, id, security } of operations) {
    const good = id === "acceptLabel" ? 204 : id === "addDevice" ? 201 : id === "getOutcome" ? 404 : 200;
    const need = needs[id];
    const wanted = {
      open: { none: good, wrong: 401, read: good, control: good, admin: good },
      read: { none: 401, wrong: 401, read: good, control: good, admin: good },
      control: { none: 401, wrong: 401, read: 403, control: good, admin: good },
      admin: { none: 401, wrong: 401, read: 403, control: 403, admin: good },
    }[need ?? "open"];
    expect(await statuses(path, method, id), id).toEqual(wanted);
    expect(security?.length === 0 || security?.some((way) => Object.keys(way).length === 0), `${id} described as open`).toBe(need === "open");
  }
  expect(operations).toHaveLength(21);
});

test("the same key goes as a bearer token, as Prometheus sends it; a key in the query is none", async () => {
  await using rig = await startRig();
  const bearer = await rig.ask("/metrics", undefined, { headers: { authorization: `bearer ${keyOf.read}` } });
  expect(bearer.status).toBe(200);
  const query = await rig.ask(`/api/v1/devices?key=${keyOf.read}`);
  expect(query.status).toBe(401);
  expect(await query.text()).not.toContain(keyOf.read);
});

test("keys change while the server runs", async () => {
  await using rig = await startRig();
  rig.server.replaceKeys([{ name: "new", hash: Buffer.from(sha256("fresh"), "hex"), scopes: ["read"] }]);
  expect((await rig.ask("/api/v1/devices", "admin")).status).toBe(401);
  expect((await rig.ask("/api/v1/devices", undefined, { headers: { "x-api-key": "fresh" } })).status).toBe(200);
});

test("a key is compared with all keys in constant time, whichever fits", () => {
  const ring = createKeyRing(keys);
  const compared = vi.spyOn(crypto, "timingSafeEqual");
  // What others have imported by name is the spy only after this.
  syncBuiltinESMExports();
  onTestFinished(() => {
    compared.mockRestore();
    syncBuiltinESMExports();
  });
  for (const [shown, name] of [
    [keyOf.read, "the read one"],
    [keyOf.admin, "the admin one"],
    ["none of them", undefined],
  ] as const) {
    compared.mockClear();
    expect(ring.find(shown)?.name).toBe(name);
    expect(compared).toHaveBeenCalledTimes(keys.length);
    for (const [one, other] of compared.mock.calls) expect([one.byteLength, other.byteLength]).toEqual([32, 32]);
  }
  expect(() => createKeyRing([{ name: "plain", hash: "secret", scopes: [] }])).toThrow("no SHA-256");
});

test("guessing is slowed down: after some wrong keys not even the right one is looked at; the log says so once, and no key", async () => {
  await using rig = await startRig({ limits: { wrongKeys: 3 } });
  const guess = (key: string): Promise<Response> => rig.ask("/api/v1/devices", undefined, { headers: { "x-api-key": key } });
  const statuses: number[] = [];
  for (const key of ["canary-guess-1", "canary-guess-2", "canary-guess-3", keyOf.admin]) statuses.push((await guess(key)).status);
  expect(statuses).toEqual([401, 401, 401, 429]);
  expect(Number((await guess(keyOf.admin)).headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await rig.ask("/api/v1/health")).status).toBe(200);
  expect(rig.lines.filter((line) => line.includes("turned away"))).toHaveLength(1);
  expect(rig.lines.join("")).not.toContain("canary");
});

test("each key has its own rate", async () => {
  await using rig = await startRig({ limits: { keyRequests: 2, addressRequests: 1 } });
  const statuses: number[] = [];
  for (const scope of ["read", "read", "read", "control", undefined, undefined] as const) statuses.push((await rig.ask("/api/v1/health", scope)).status);
  expect(statuses).toEqual([200, 200, 429, 200, 200, 429]);
});
