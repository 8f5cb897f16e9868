import { request as ask } from "node:http";
import { expect, test } from "vitest";
import type { Scope } from "#domain/scope.ts";
import { keyOf, startRig, type Rig } from "./rest-rig.ts";

const supervisor = "127.0.0.2";
const person = { "x-ingress-path": "/api/hassio_ingress/abc", "x-remote-user-id": "a11a", "x-remote-user-display-name": "Anna" };
const ownPage = { origin: "http://rack.local:8123", "x-forwarded-host": "rack.local:8123" };

interface Shown {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** From an address of this machine, with headers byte for byte. */
const from = (
  rig: Rig,
  address: string,
  headers: Record<string, string>,
  { path = "/api/v1/devices", method = "GET", body }: { path?: string; method?: string; body?: object } = {},
): Promise<Shown> =>
  new Promise((resolve, reject) => {
    const type = body ? { "content-type": "application/json" } : {};
    const request = ask({ host: "127.0.0.1", port: rig.server.port, localAddress: address, path, method, headers: { ...headers, ...type } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) }));
    });
    request.on("error", reject);
    // As bytes: Node writes the headers in the encoding of a text that follows them.
    request.end(body && Buffer.from(JSON.stringify(body)));
  });

const off = { path: "/api/v1/devices/rack-pdu/parts/outlet%2F8/commands", method: "POST", body: { command: "outlet.off" } };
const rigFor = (scopes: (user: string) => Promise<readonly Scope[]>): Promise<Rig> => startRig({ ingress: { peers: [supervisor], scopes } });

test("a person is believed from the Supervisor's address with its headers, and from nowhere else", async () => {
  const asked: string[] = [];
  await using rig = await rigFor(async (user) => {
    asked.push(user);
    return ["read", "control", "admin"];
  });
  expect((await from(rig, supervisor, person)).status).toBe(200);
  expect(asked).toEqual(["a11a"]);
  expect((await from(rig, "127.0.0.1", person)).status).toBe(401);
  expect((await from(rig, "127.0.0.3", { ...person, "x-forwarded-for": supervisor })).status).toBe(401);
  for (const missing of ["x-ingress-path", "x-remote-user-id"]) {
    const { [missing]: _, ...rest } = person as Record<string, string>;
    expect((await from(rig, supervisor, rest)).status, missing).toBe(401);
  }
  expect((await from(rig, supervisor, { ...person, "x-remote-user-id": "" })).status).toBe(401);
  expect((await from(rig, supervisor, { ...person, "x-api-key": "wrong" })).status).toBe(401);
  expect((await from(rig, supervisor, {}, { path: "/api/v1/health" })).status).toBe(200);
  expect(asked).toEqual(["a11a"]);
});

test("without ingress configured, headers are only headers", async () => {
  await using rig = await startRig();
  for (const address of ["127.0.0.1", supervisor, "127.0.0.3"]) expect((await from(rig, address, person)).status).toBe(401);
});

test("administrators act and are named; others read; when nobody can say who is one, they read", async () => {
  await using rig = await rigFor(async (user) => {
    if (user === "lost") throw new Error("no way to Core");
    return user === "a11a" ? ["read", "control", "admin"] : ["read"];
  });
  expect((await from(rig, supervisor, { ...person, ...ownPage }, off)).status).toBe(200);
  expect(rig.bus.submitted.at(-1)?.by).toEqual({ via: "page", person: "Anna" });
  for (const id of ["guest", "lost"]) {
    const refused = await from(rig, supervisor, { ...person, ...ownPage, "x-remote-user-id": id }, off);
    expect([refused.status, refused.body["detail"]]).toEqual([403, "this needs an administrator of Home Assistant"]);
    expect((await from(rig, supervisor, { ...person, "x-remote-user-id": id })).status).toBe(200);
  }
  expect(rig.bus.submitted).toHaveLength(1);
});

test("the name is the display name, else the name, else the id; as UTF-8, without control characters, not endless", async () => {
  await using rig = await rigFor(async () => ["admin"]);
  const nameFor = async (headers: Record<string, string>): Promise<unknown> => {
    expect((await from(rig, supervisor, { "x-ingress-path": "/x", "x-remote-user-id": "a11a", ...ownPage, ...headers }, off)).status).toBe(200);
    const by = rig.bus.submitted.at(-1)?.by;
    return by?.via === "page" ? by.person : by;
  };
  expect(await nameFor({ "x-remote-user-name": "anna", "x-remote-user-display-name": Buffer.from("Anna Ångström ☂").toString("latin1") })).toBe(
    "Anna Ångström ☂",
  );
  expect(await nameFor({ "x-remote-user-name": "anna", "x-remote-user-display-name": "" })).toBe("anna");
  expect(await nameFor({})).toBe("a11a");
  expect(await nameFor({ "x-remote-user-display-name": "a\tb" })).toBe("ab");
  expect(String(await nameFor({ "x-remote-user-display-name": "x".repeat(5000) }))).toHaveLength(100);
});

test("what changes something must come from our own page", async () => {
  await using rig = await rigFor(async () => ["admin"]);
  const status = async (headers: Record<string, string>): Promise<number> => (await from(rig, supervisor, { ...person, ...headers }, off)).status;
  expect(await status({})).toBe(403);
  expect(await status({ "sec-fetch-site": "cross-site", ...ownPage })).toBe(403);
  expect(await status({ "sec-fetch-site": "same-site", ...ownPage })).toBe(403);
  expect(await status({ "sec-fetch-site": "none" })).toBe(403);
  expect(await status({ origin: "http://evil.example", "x-forwarded-host": "rack.local:8123" })).toBe(403);
  expect(await status({ origin: "http://rack.local", "x-forwarded-host": "rack.local:8123" })).toBe(403);
  expect(await status({ origin: "null", "x-forwarded-host": "rack.local:8123" })).toBe(403);
  expect(await status({ "x-forwarded-host": "rack.local:8123" })).toBe(403);
  expect(rig.bus.submitted).toHaveLength(0);
  expect(await status({ "sec-fetch-site": "same-origin" })).toBe(200);
  expect(await status(ownPage)).toBe(200);
  expect(await status({ origin: "https://home.example", "x-forwarded-host": "home.example:443" })).toBe(200);
  expect(rig.bus.submitted).toHaveLength(3);
});

test("a confirmation token is shown to the person who was asked for it, and to no key", async () => {
  await using rig = await rigFor(async (user) => (user === "b0b" ? ["read"] : ["admin"]));
  rig.bus.answer = () => ({ state: "refused", refusal: "confirmation-needed", confirm: "token-1" });
  expect((await from(rig, supervisor, { ...person, ...ownPage }, off)).body).toMatchObject({ confirm: "token-1" });
  const outcomes = { path: "/api/v1/outcomes" };
  expect(JSON.stringify((await from(rig, supervisor, person, outcomes)).body)).toContain("token-1");
  expect(
    JSON.stringify((await from(rig, supervisor, { ...person, "x-remote-user-id": "b0b", "x-remote-user-display-name": "Bob" }, outcomes)).body),
  ).not.toContain("token-1");
  expect(JSON.stringify((await from(rig, supervisor, { "x-api-key": keyOf.admin }, outcomes)).body)).not.toContain("token-1");
});
