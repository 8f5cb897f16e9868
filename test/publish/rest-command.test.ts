import { expect, test } from "vitest";
import { faultKinds } from "#domain/fault.ts";
import { refusals, type Verdict } from "#domain/outcome.ts";
import { keyOf, startRig } from "./rest-rig.ts";

test("a command goes to the bus with who asked and why, and its outcome comes back", async () => {
  await using rig = await startRig();
  const answer = await rig.command("rack-pdu", "outlet/8", "outlet.off", { body: { reason: "test of the rack" } });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    id: "outcome-1",
    device: "rack-pdu",
    part: "outlet/8",
    command: "outlet.off",
    state: "confirmed",
    writes: 1,
    by: { via: "rest", key: "the control one" },
    reason: "test of the rack",
  });
  expect(rig.bus.submitted).toEqual([
    { device: "rack-pdu", part: "outlet/8", name: "outlet.off", by: { via: "rest", key: "the control one" }, reason: "test of the rack" },
  ]);
});

test("a value goes to the bus as it is, 0 and nothing but blanks included, and stands in the outcome", async () => {
  await using rig = await startRig();
  for (const value of [0, 120, -2.5, "120", ""]) {
    const answer = await rig.command("office-ups", "ups", "ups.beeperOff", { body: { value } });
    expect(await answer.json()).toMatchObject({ command: "ups.beeperOff", value });
    expect(rig.bus.submitted.at(-1)).toMatchObject({ name: "ups.beeperOff", value });
  }
  const seen = (await (await rig.ask("/api/v1/outcomes", "read")).json()) as { readonly value?: unknown }[];
  expect(seen.map(({ value }) => value)).toEqual(["", "120", -2.5, 120, 0]);
  await rig.command("office-ups", "ups", "ups.beeperOff");
  expect(rig.bus.submitted.at(-1)).not.toHaveProperty("value");
});

test("the part's slash may be written as it is or as %2F", async () => {
  await using rig = await startRig();
  for (const part of ["outlet/8", "outlet%2F8", "outlet%2f8"]) {
    expect((await rig.command("rack-pdu", part, "outlet.on")).status, part).toBe(200);
    expect(await (await rig.ask(`/api/v1/devices/rack-pdu/parts/${part}`, "read")).json()).toMatchObject({ id: "outlet/8" });
  }
  expect(rig.bus.submitted.map(({ part }) => part)).toEqual(["outlet/8", "outlet/8", "outlet/8"]);
});

const verdicts: readonly (readonly [Verdict, number])[] = [
  [{ state: "confirmed" }, 200],
  [{ state: "unconfirmed" }, 504],
  [{ state: "unconfirmed", fault: "timeout" }, 504],
  ...faultKinds.map(
    (fault) =>
      [{ state: "failed", fault }, { unreachable: 503, timeout: 504, denied: 502, rejected: 409, unsupported: 422, malformed: 502, busy: 503 }[fault]] as const,
  ),
  ...refusals.map(
    (refusal) =>
      [
        { state: "refused", refusal },
        {
          "not-known": 404,
          "not-capable": 422,
          "wrong-value": 422,
          quarantined: 503,
          locked: 423,
          "feeds-this-host": 423,
          "confirmation-needed": 423,
          "label-changed": 409,
          pending: 409,
          retained: 409,
          duplicate: 409,
          late: 503,
          stopping: 503,
        }[refusal],
      ] as const,
  ),
];

test("each way in which a command can end has its status, and the outcome is always in the body", async () => {
  await using rig = await startRig();
  for (const [verdict, status] of verdicts) {
    rig.bus.answer = () => verdict;
    const answer = await rig.command("rack-pdu", "outlet/8", "outlet.off");
    const body = (await answer.json()) as Record<string, unknown>;
    expect(answer.status, JSON.stringify(verdict)).toBe(status);
    expect(status === 200 ? body : body["outcome"]).toMatchObject(verdict);
    if (status !== 200) expect(body).toMatchObject({ status, detail: `it is ${verdict.state}`, instance: "/api/v1/devices/rack-pdu/parts/outlet/8/commands" });
  }
  expect(verdicts).toHaveLength(23);
});

test("a reset, of which nothing can be seen, is noncommittal and no failure; with a fault it is one", async () => {
  await using rig = await startRig();
  rig.bus.answer = () => ({ state: "unconfirmed", traceless: true });
  expect((await rig.command("web", "chassis", "chassis.reset")).status).toBe(202);
  rig.bus.answer = () => ({ state: "unconfirmed", traceless: true, fault: "timeout" });
  expect((await rig.command("web", "chassis", "chassis.reset")).status).toBe(504);
});

test("423 for lock: confirm gives the token with its life; the same command passes with it; nobody else is shown the token", async () => {
  await using rig = await startRig();
  rig.bus.answer = ({ confirm }) => (confirm === "token-1" ? { state: "confirmed" } : { state: "refused", refusal: "confirmation-needed", confirm: "token-1" });
  const first = await rig.command("rack-pdu", "outlet/7", "outlet.off");
  expect(first.status).toBe(423);
  expect(await first.json()).toMatchObject({ type: "urn:rack-power:problem:confirmation-needed", confirm: "token-1", confirmSeconds: 120 });
  expect(await (await rig.ask("/api/v1/outcomes", "read")).text()).not.toContain("token-1");
  expect(await (await rig.ask("/api/v1/outcomes/outcome-1", "admin")).text()).not.toContain("token-1");
  expect(await (await rig.ask("/api/v1/outcomes/outcome-1", "control")).json()).toMatchObject({ confirm: "token-1" });
  expect((await rig.command("rack-pdu", "outlet/7", "outlet.off", { body: { confirm: "token-1" } })).status).toBe(200);
});

test("respond-async: 202 and a place to look, where the command is running and then ended", async () => {
  await using rig = await startRig();
  const end = Promise.withResolvers<Verdict>();
  rig.bus.answer = () => end.promise;
  const answer = await rig.command("rack-pdu", "outlet/8", "outlet.cycle", { headers: { prefer: "respond-async" } });
  expect([answer.status, answer.headers.get("preference-applied")]).toEqual([202, "respond-async"]);
  const place = answer.headers.get("location") ?? "";
  expect(await answer.json()).toMatchObject({ id: "outcome-1", state: "running" });
  expect(await (await rig.ask(place, "read")).json()).toMatchObject({ id: "outcome-1", state: "running", command: "outlet.cycle" });
  end.resolve({ state: "confirmed" });
  expect(await (await rig.ask(place, "read")).json()).toMatchObject({ id: "outcome-1", state: "confirmed", writes: 1 });
});

test("respond-async: a refusal, which needs no device, is told at once; with wait=… so is what ends in time", async () => {
  await using rig = await startRig();
  expect((await rig.command("rack-pdu", "outlet/99", "outlet.off", { headers: { prefer: "respond-async" } })).status).toBe(404);
  rig.bus.answer = async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return { state: "confirmed" };
  };
  expect((await rig.command("rack-pdu", "outlet/8", "outlet.off", { headers: { prefer: "respond-async, wait=10" } })).status).toBe(200);
  expect((await rig.command("rack-pdu", "outlet/8", "outlet.off", { headers: { prefer: "respond-async" } })).status).toBe(202);
});

const bad: readonly (readonly [title: string, status: number, init: RequestInit, errors?: unknown])[] = [
  ["a word that is no command", 422, { body: '{"command":"outlet.of"}' }, [{ pointer: "#/command" }]],
  ["an unknown key", 422, { body: '{"command":"outlet.off","force":true}' }, [{ pointer: "#" }]],
  ["a value that is none", 422, { body: '{"command":"outlet.off","value":true}' }, [{ pointer: "#/value" }]],
  ["a value without an end", 422, { body: JSON.stringify({ command: "outlet.off", value: "x".repeat(501) }) }, [{ pointer: "#/value" }]],
  ["a reason with a line break", 422, { body: '{"command":"outlet.off","reason":"a\\nb"}' }, [{ pointer: "#/reason" }]],
  ["null", 422, { body: "null" }],
  ["no JSON", 400, { body: "{" }],
  ["nothing", 400, {}],
  ["a prototype", 400, { body: '{"command":"outlet.off","__proto__":{}}' }],
  ["another type", 415, { body: "<x/>", headers: { "content-type": "application/xml" } }],
  ["too much", 413, { body: JSON.stringify({ command: "outlet.off", reason: "x".repeat(20_000) }) }],
];

test("what is no command is told apart, as a problem, and nothing reaches the bus", async () => {
  await using rig = await startRig();
  for (const [title, status, init, errors] of bad) {
    const answer = await rig.ask("/api/v1/devices/rack-pdu/parts/outlet/8/commands", "control", {
      method: "POST",
      ...init,
      headers: { "content-type": "application/json", ...(init.headers as Record<string, string> | undefined) },
    });
    expect([answer.status, answer.headers.get("content-type")], title).toEqual([status, "application/problem+json; charset=utf-8"]);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body, title).toMatchObject({ status, ...(errors !== undefined && { errors }) });
    expect(JSON.stringify(body), title).not.toMatch(/\.ts|node_modules|at /);
  }
  expect(rig.bus.submitted).toEqual([]);
});

test("GET changes nothing: 405 with Allow, for every method that a path does not do; OPTIONS tells", async () => {
  await using rig = await startRig();
  const path = "/api/v1/devices/rack-pdu/parts/outlet/8/commands";
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH"]) {
    const answer = await rig.ask(path, "admin", { method });
    expect([method, answer.status, answer.headers.get("allow")]).toEqual([method, 405, "OPTIONS, POST"]);
  }
  for (const other of ["/api/v1/reload", "/api/v1/devices/rack-pdu/parts/outlet/8/label"]) expect((await rig.ask(other, "admin")).status, other).toBe(405);
  expect((await rig.ask("/api/v1/outcomes", "admin", { method: "POST", body: "{}" })).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  const options = await rig.ask(path, undefined, { method: "OPTIONS" });
  expect([options.status, options.headers.get("allow")]).toEqual([204, "OPTIONS, POST"]);
  expect(rig.bus.submitted).toEqual([]);
});

test("a changed label is accepted only as the device shows it now", async () => {
  await using rig = await startRig();
  const put = (part: string, label: unknown): Promise<Response> =>
    rig.ask(`/api/v1/devices/rack-pdu/parts/${part}/label`, "control", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ label }),
    });
  expect((await put("outlet/8", "socket 8")).status).toBe(204);
  const other = await put("outlet/8", "socket 9");
  expect(other.status).toBe(409);
  expect(await other.json()).toMatchObject({ type: "urn:rack-power:problem:rejected", detail: 'the device now calls it "socket 8"' });
  expect([(await put("outlet/99", "x")).status, (await put("outlet/8", 8)).status]).toEqual([404, 422]);
  expect(rig.bus.accepted).toEqual(["rack-pdu outlet/8 socket 8"]);
});

test("the audit log is asked by device, part and number", async () => {
  await using rig = await startRig();
  for (const part of ["outlet/3", "outlet/7", "outlet/8", "outlet/8"]) await rig.command("rack-pdu", part, "outlet.on");
  await rig.command("web", "chassis", "chassis.on");
  const ids = async (query: string): Promise<readonly string[]> =>
    ((await (await rig.ask(`/api/v1/outcomes${query}`, "read")).json()) as { id: string }[]).map(({ id }) => id);
  expect(await ids("")).toEqual(["outcome-5", "outcome-4", "outcome-3", "outcome-2", "outcome-1"]);
  expect(await ids("?device=rack-pdu&part=outlet%2F8")).toEqual(["outcome-4", "outcome-3"]);
  expect(await ids("?device=rack-pdu&limit=1")).toEqual(["outcome-4"]);
  expect((await rig.ask("/api/v1/outcomes?limit=0", "read")).status).toBe(422);
  expect(await (await rig.ask("/api/v1/outcomes?devise=x", "read")).json()).toMatchObject({
    status: 422,
    errors: [{ detail: expect.stringContaining("devise") }],
  });
  expect((await rig.ask("/api/v1/outcomes/none", "read")).status).toBe(404);
});

test("an error of our own is a bare 500 outside and whole in the log, without the key", async () => {
  await using rig = await startRig();
  rig.bus.answer = () => {
    throw new TypeError("canary-inside");
  };
  const answer = await rig.command("rack-pdu", "outlet/8", "outlet.off");
  const text = await answer.text();
  expect([answer.status, text.includes("canary"), text.includes("TypeError")]).toEqual([500, false, false]);
  const log = rig.lines.join("");
  expect(log).toContain("canary-inside");
  for (const key of Object.values(keyOf)) expect(log).not.toContain(key);
});
