import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { openDoor, type Question, type Reply } from "#compat/pwrstat/door.ts";
import { sha256 } from "#platform/digest.ts";
import { dial } from "#test/peer/raw-line.ts";
import { until } from "#test/peer/until.ts";
import { anyPort, lose, setState, startRig, storeWith } from "./rig.ts";
import { samples } from "./sample.ts";

const [normal, battery] = samples;
const key = "key-of-sixteen-characters-or-more";

const page = (status: number, title: string, text: string): string =>
  `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`;
const notFound = page(
  404,
  "Not Found",
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
);
const notAllowed = page(405, "Method Not Allowed", "The method is not allowed for the requested URL.");
const json = "application/json";
const html = "text/html; charset=utf-8";

test("the forerunner's codes, types and bodies, method by method", async () => {
  await using rig = await startRig(storeWith());
  const rows: readonly (readonly [method: string, path: string, status: number, type: string, body: string, allow: string | null])[] = [
    ["GET", "/pwrstat", 503, json, '{"code":"ERROR","message":"Unavailable: pwrstatd failure"}\n', null],
    ["HEAD", "/pwrstat", 503, json, "", null],
    ["GET", "/health", 200, json, '{"code":"SUCCESS","message":"OK"}\n', null],
    ["GET", "/health?x=1", 200, json, '{"code":"SUCCESS","message":"OK"}\n', null],
    ["GET", "/h%65alth", 200, json, '{"code":"SUCCESS","message":"OK"}\n', null],
    ["GET", "/mqtthealth", 503, json, '{"code":"ERROR","message":"MQTT Disconnected!"}\n', null],
    ["HEAD", "/mqtthealth", 503, json, "", null],
    ["OPTIONS", "/pwrstat", 200, html, "", "GET, HEAD, OPTIONS"],
    ["POST", "/pwrstat", 405, html, notAllowed, "GET, HEAD, OPTIONS"],
    ["DELETE", "/health", 405, html, notAllowed, "GET, HEAD, OPTIONS"],
    ["PUT", "/mqtthealth", 405, html, notAllowed, "GET, HEAD, OPTIONS"],
    ["GET", "/", 404, html, notFound, null],
    ["GET", "/pwrstat/", 404, html, notFound, null],
    ["POST", "/nothing", 404, html, notFound, null],
    ["OPTIONS", "/nothing", 404, html, notFound, null],
    ["GET", "/toString", 404, html, notFound, null],
    ["GET", "/%zz", 404, html, notFound, null],
  ];
  for (const [method, path, status, type, body, allow] of rows) {
    const answer = await rig.ask(path, { method, ...(method === "POST" && { body: "x=1" }) });
    const said = [answer.status, answer.headers.get("content-type"), await answer.text(), answer.headers.get("allow")];
    expect(said, `${method} ${path}`).toEqual([status, type, body, allow]);
  }
  expect(rows).toHaveLength(17);
});

test("HEAD says how long the answer would be", async () => {
  await using rig = await startRig(storeWith(normal?.state));
  const [head, full] = [await rig.ask("/pwrstat", { method: "HEAD" }), await rig.ask("/pwrstat")];
  expect(head.headers.get("content-length")).toBe(String((await full.text()).length));
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("the answer is the state of this moment, and 503 as soon as it is not known", async () => {
  await using rig = await startRig(storeWith(normal?.state));
  const state = async (): Promise<unknown> => ((await (await rig.ask("/pwrstat")).json()) as { readonly State?: string }).State;
  expect(await state()).toBe("Normal");
  if (battery?.state) setState(rig.store, battery.state);
  expect(await state()).toBe("Power Failure");
  lose(rig.store);
  expect((await rig.ask("/pwrstat")).status).toBe(503);
  expect(await rig.metrics()).toBe("");
  if (normal?.state) setState(rig.store, normal.state);
  expect(await state()).toBe("Normal");
  rig.store.remove("office-ups");
  expect((await rig.ask("/pwrstat")).status).toBe(503);
});

test("with a key nobody else reads the status, while watchdogs need none", async () => {
  const door = { ...anyPort, keyHash: sha256(key) };
  await using rig = await startRig(storeWith(normal?.state), { rest: door, prometheus: { ...door, labels: {} } });
  const status = async (path: string, headers: Record<string, string>): Promise<number> => (await rig.ask(path, { headers })).status;
  expect(await status("/pwrstat", {})).toBe(401);
  expect(await status("/pwrstat", { "x-api-key": `${key}x` })).toBe(401);
  expect(await status("/pwrstat", { "x-api-key": key })).toBe(200);
  expect(await status("/pwrstat", { authorization: `Bearer ${key}` })).toBe(200);
  expect(await status("/health", {})).toBe(200);
  const refused = await rig.ask("/pwrstat");
  expect([refused.headers.get("www-authenticate"), await refused.json()]).toEqual([
    'Bearer realm="pwrstat"',
    { code: "ERROR", message: "API key needed, in the header X-API-Key" },
  ]);
  expect(await rig.metrics()).not.toContain("pwrstat_status");
  const scraped = await fetch(`${rig.pwrstat.metricUrl}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  expect(await scraped.text()).toContain("pwrstat_status_load_watts 324.0\n");
  expect(rig.lines.join("")).not.toContain(key);
});

const portOf = (url: string): number => Number(new URL(url).port);
const answer = (): Reply => ({ status: 200, type: "text/plain", body: "x" });
const request = "GET /pwrstat HTTP/1.1\r\nHost: x\r\n\r\n";

test("what is no request, or too long, or never ends, is hung up", async () => {
  await using door = await openDoor(anyPort, answer, { headerTime: 100, requestTime: 600_000, answerTime: 600_000, idleTime: 100 });
  for (const [bytes, said] of [
    ["HELLO\r\n\r\n", /^HTTP\/1.1 400 /],
    [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
    ["GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", /^HTTP\/1.1 408 /],
    ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx", /^HTTP\/1.1 200 [\s\S]*connection: close/i],
    ["", /^(HTTP\/1.1 408 [\s\S]*)?$/],
  ] as const) {
    const line = dial(portOf(door.url), bytes);
    await until(() => line.closed(), `hung up after ${bytes.slice(0, 40)}`);
    expect(line.text()).toMatch(said);
  }
  expect((await fetch(door.url)).status).toBe(200);
});

test("who has his answer and asks no more is hung up, and so is who does not take it", async () => {
  await using idle = await openDoor(anyPort, answer, { idleTime: 100 });
  const line = dial(portOf(idle.url), request);
  await until(() => line.closed(), "idle");
  expect(line.text()).toContain("200 OK");
  const long = ({ path }: Question): Reply => ({ status: 200, type: "text/plain", body: "x".repeat(path === "/long" ? 50_000_000 : 1) });
  await using slow = await openDoor(anyPort, long, { connections: 1, answerTime: 300 });
  const deaf = connect({ host: "127.0.0.1", port: Number(new URL(slow.url).port) }).on("error", () => undefined);
  deaf.write(request.replace("/pwrstat", "/long"));
  await once(deaf, "readable");
  // He holds the only connection that there is, and reads nothing beyond what the system itself took.
  await until(async () => (await fetch(slow.url)).ok, "deaf");
  deaf.destroy();
});

test("connections beyond the limit are closed, and those that are there go on", async () => {
  await using door = await openDoor(anyPort, answer, { connections: 2 });
  const good = [dial(portOf(door.url), request), dial(portOf(door.url), request)];
  await until(() => good.every((line) => line.text().includes("200 OK")), "two answers");
  const third = dial(portOf(door.url), request);
  await until(() => third.closed(), "the third is closed");
  expect(third.text()).toBe("");
  for (const line of good) line.socket.write(request);
  await until(() => good.every((line) => line.text().match(/200 OK/g)?.length === 2), "two more answers");
  for (const { socket } of good) socket.destroy();
});

test("an address that is taken, one that is not here, and a certificate that is none are each told in a sentence", async () => {
  await using door = await openDoor(anyPort, answer);
  const port = Number(new URL(door.url).port);
  await expect(openDoor({ host: "127.0.0.1", port }, answer)).rejects.toThrow(`cannot listen at 127.0.0.1:${port}: another program has it`);
  await expect(openDoor({ host: "192.0.2.1", port: 0 }, answer)).rejects.toThrow("this machine has no such address");
  await expect(openDoor({ ...anyPort, tls: { cert: "x", key: "y" } }, answer)).rejects.toThrow("cannot use its certificate or key");
});
