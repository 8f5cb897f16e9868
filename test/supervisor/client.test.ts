import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { Secret } from "#domain/secret.ts";
import { Fault, faultKinds } from "#domain/fault.ts";
import { createSupervisor, type SupervisorClient } from "#transport/homeassistant/supervisor-client.ts";
import { startSupervisorDouble, type Failure, type SupervisorDouble } from "../homeassistant/supervisor-double.ts";

const start = async (): Promise<{ readonly double: SupervisorDouble; readonly client: SupervisorClient }> => {
  const double = await startSupervisorDouble();
  onTestFinished(() => double[Symbol.asyncDispose]());
  return { double, client: createSupervisor(double.url, new Secret(double.token)) };
};
const { signal } = new AbortController();
const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no fault",
    (error: { kind: string; message: string }) => [error.kind, error.message],
  );

describe("the Supervisor's answers", () => {
  test("are what the program asked for", async () => {
    const { double, client } = await start();
    expect(await client.info(signal)).toEqual({ slug: "a0b1c2d3_rack_power", hostname: "a0b1c2d3-rack-power" });
    expect(await client.options(signal)).toEqual(double.options);
    expect(await client.broker(signal)).toBeUndefined();
    double.broker = { host: "core-mosquitto", port: 1883, username: "addons", password: "geheim-geheim" };
    expect(await client.broker(signal)).toEqual({ host: "core-mosquitto", port: 1883, ssl: false, username: "addons", password: "geheim-geheim" });
    const uuid = await client.discover("rack_power", { host: "a", port: 1, api_key: "k" }, signal);
    expect(await client.discover("rack_power", { host: "b", port: 2, api_key: "k" }, signal)).toBe(uuid);
    expect(double.messages).toEqual([{ uuid, service: "rack_power", config: { host: "b", port: 2, api_key: "k" } }]);
  });

  const failures: readonly (readonly [string, Failure, readonly [string, string]])[] = [
    ["refused token", { status: 403, body: "403: Forbidden" }, ["denied", "the Supervisor does not allow the question who we are (403)"]],
    ["no token", { status: 401, body: "401: Unauthorized" }, ["denied", "the Supervisor does not allow the question who we are (401)"]],
    [
      "refusal with a reason",
      { status: 400, body: '{"result":"error","message":"System is not ready\\nwith state: setup."}' },
      ["rejected", "the Supervisor refuses the question who we are (400: System is not ready with state: setup)"],
    ],
    [
      "refusal that calls itself good",
      { status: 200, body: '{"result":"error","message":"no"}' },
      ["rejected", "the Supervisor refuses the question who we are (400: no)"],
    ],
    ["gateway without anybody behind it", { status: 502, body: "502: Bad Gateway" }, ["busy", "the Supervisor refuses the question who we are (502)"]],
    ["its own error", { status: 500, body: "<html>500</html>" }, ["busy", "the Supervisor refuses the question who we are (500)"]],
    ["page of HTML", { status: 200, body: "<html>welcome</html>" }, ["malformed", "the Supervisor's answer to the question who we are is not understood"]],
    ["nothing", { status: 200, body: "" }, ["malformed", "the Supervisor's answer to the question who we are is not understood"]],
    [
      "no envelope",
      { status: 200, body: '{"slug":"a","hostname":"b"}' },
      ["malformed", "the Supervisor's answer to the question who we are is not understood"],
    ],
    [
      "envelope without what it should hold",
      { status: 200, body: '{"result":"ok","data":{"slug":7}}' },
      ["malformed", "the Supervisor's answer to the question who we are is not understood"],
    ],
    ["redirect", { status: 302 }, ["malformed", "the Supervisor's answer to the question who we are is not understood"]],
    ["connection that ends", "gone", ["unreachable", "the Supervisor cannot be reached (UND_ERR_SOCKET)"]],
  ];
  test.each(failures)("%s is a fault with one sentence", async (_, failure, expected) => {
    const { double, client } = await start();
    double.failure = failure;
    double.failingPath = "/addons/self/info";
    expect(await faultOf(client.info(signal))).toEqual(expected);
    expect(faultKinds).toContain(expected[0]);
    expect(double.requests.map(({ path }) => path)).not.toContain("/elsewhere");
  });

  test("nobody there is a fault", async () => {
    const taken = createServer();
    await once(taken.listen(0, "127.0.0.1"), "listening");
    const { port } = taken.address() as AddressInfo;
    await new Promise((done) => taken.close(done));
    const client = createSupervisor(`http://127.0.0.1:${port}`, new Secret("x"));
    expect(await faultOf(client.info(signal))).toEqual(["unreachable", "the Supervisor cannot be reached (ECONNREFUSED)"]);
  });

  test("whoever waits in vain can give up", async () => {
    const { double, client } = await start();
    double.failure = "silent";
    const life = new AbortController();
    const asked = client.info(life.signal);
    life.abort(new Error("stopping"));
    await expect(asked).rejects.toThrow("stopping");
  });

  test("a wrong token, an undeclared service and a path of others are refused as the real one does", async () => {
    const { double, client } = await start();
    expect(await faultOf(createSupervisor(double.url, new Secret("wrong")).info(signal))).toMatchObject(["denied", expect.any(String)]);
    expect(await faultOf(client.discover("mqtt", {}, signal))).toEqual([
      "denied",
      "the Supervisor does not allow the message for Home Assistant (Add-ons must list services they provide via discovery in their config!)",
    ]);
    const status = async (path: string, headers: Readonly<Record<string, string>>): Promise<number> => (await fetch(double.url + path, { headers })).status;
    const token = { authorization: `Bearer ${double.token}` };
    expect(await status("/addons/self/info", {})).toBe(401);
    expect(await status("/host/info", token)).toBe(403);
    expect(await status("/addons/self/security", token)).toBe(403);
    expect(await status("/info", token)).toBe(200);
    expect(await status("/info?page=/a/b/", token)).toBe(400);
    expect(await status("/core/api/states", {})).toBe(401);
    expect(await status("/core/api/states", token)).toBe(502);
    expect(await status("/core/api/hassio/addons", token)).toBe(403);
  });

  test.each([{ port: 0 }, { port: "abc" as unknown as number }, { port: 70_000 }, { host: "" }, { host: "two words" }, { host: "a/b" }, { host: "user@a" }])(
    "a broker without a usable address is malformed: %o",
    async (broken) => {
      const { double, client } = await start();
      double.broker = { host: "a", port: 1883, ...broken };
      expect(await faultOf(client.broker(signal))).toEqual(["malformed", "the Supervisor's answer to the question for the broker is not understood"]);
    },
  );

  test("whatever comes back, it is an answer that fits or a fault with one line, never anything else", async () => {
    const { double, client } = await start();
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean(), fc.array(fc.string()), fc.dictionary(fc.string(), fc.string()));
    const data = fc.record({ slug: value, hostname: value, host: value, port: value, ssl: value, username: value, uuid: value }, { requiredKeys: [] });
    const envelope = fc.record(
      { result: fc.constantFrom("ok", "ok", "ok", "error", 1), data: fc.oneof(data, value), message: value },
      { requiredKeys: ["result", "data"] },
    );
    const body = fc.oneof(
      envelope.map((one) => JSON.stringify(one)),
      fc.json(),
      fc.string(),
    );
    const status = fc.oneof({ weight: 3, arbitrary: fc.constant(200) }, fc.constantFrom(201, 400, 401, 404, 418, 500, 503));
    let faults = 0;
    let answers = 0;
    const look = async (work: Promise<unknown>): Promise<void> => {
      try {
        await work;
        answers++;
      } catch (error) {
        expect(error).toBeInstanceOf(Fault);
        expect((error as Fault).message).toMatch(/^the Supervisor.*[^.\s]$/);
        faults++;
      }
    };
    await fc.assert(
      fc.asyncProperty(status, body, async (code, text) => {
        double.failure = { status: code, body: text };
        const before = double.requests.length;
        await Promise.all([look(client.info(signal)), look(client.options(signal)), look(client.broker(signal)), look(client.discover("a", {}, signal))]);
        expect(double.requests.length - before).toBe(4);
      }),
      { numRuns: 200 },
    );
    expect(faults + answers).toBe(800);
    expect(answers).toBeGreaterThan(10);
  });
});
