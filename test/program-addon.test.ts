import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Repair } from "#domain/repair.ts";
import { systemClock as clock } from "#platform/clock.ts";
import { createLog, type RootLog } from "#platform/log.ts";
import { Program } from "#program/program.ts";
import { startBroker } from "#simulator/broker.ts";
import { startSupervisorDouble, type SupervisorDouble } from "./homeassistant/supervisor-double.ts";
import { until } from "./peer/until.ts";
import { CoreDouble } from "./transport/core-double.ts";
import { observe } from "./publish/mqtt-rig.ts";

const host = "127.0.0.1";
const key = "a-key-of-the-options-1";

interface Rig {
  readonly double: SupervisorDouble;
  readonly file: string;
  readonly lines: string[];
  readonly log: RootLog;
  start(): Promise<Program>;
}

/** The program as an add-on: with a Supervisor, its data folder, and a configuration folder with what the test puts there. */
const createRig = async (configuration?: string, options: Readonly<Record<string, unknown>> = {}): Promise<Rig> => {
  const double = await startSupervisorDouble();
  const folder = await mkdtemp(join(tmpdir(), "rack-power-config-"));
  onTestFinished(async () => {
    await double[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  await double.writeOptions({ log_level: "info", api_keys: [{ name: "test", key, scopes: ["admin"] }], ...options });
  const file = join(folder, "rack-power.yaml");
  if (configuration !== undefined) await writeFile(file, configuration);
  const lines: string[] = [];
  const log = createLog("info", (line) => lines.push(line));
  return {
    double,
    file,
    lines,
    log,
    start: async () => {
      const program = await Program.start({ file, environment: double.environment, clock, log });
      onTestFinished(() => program[Symbol.asyncDispose]());
      return program;
    },
  };
};

const ask = async (program: Program, path: string, method = "GET", shown = key): Promise<{ readonly status: number; readonly body: unknown }> => {
  const response = await fetch(`${program.url}/api/v1/${path}`, { method, headers: { "x-api-key": shown } });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
};
const repairs = async (program: Program): Promise<readonly Repair[]> => (await ask(program, "repairs")).body as readonly Repair[];
const kinds = async (program: Program): Promise<readonly string[]> => (await repairs(program)).map(({ id }) => id).toSorted();
const brokerState = async (program: Program): Promise<string | undefined> =>
  ((await ask(program, "health")).body as { broker?: { state: string } }).broker?.state;
const errors = ({ lines }: Rig): readonly string[] => lines.filter((line) => / (WARN|ERROR)/.test(line));

describe("as an add-on", () => {
  test("needs no configuration: makes its file, finds the broker, tells Core where it is", async () => {
    const rig = await createRig();
    await using broker = await startBroker({ host });
    rig.double.broker = { host, port: broker.port };
    const program = await rig.start();
    await until(async () => (await brokerState(program)) === "connected", "connected to the broker");
    expect(await readFile(rig.file, "utf8")).toContain("devices:");
    const [message] = await until(() => rig.double.messages.length === 1 && rig.double.messages, "the message for Core");
    const { api_key: core, ...where } = (message?.config ?? {}) as { api_key: string };
    expect(where).toEqual({ host: rig.double.hostname, port: Number(new URL(program.url ?? "").port) });
    expect((await ask(program, "repairs", "GET", core)).status).toBe(200);
    const kept = join(rig.double.data, "home-assistant.key");
    expect([(await readFile(kept, "utf8")).trim(), (await stat(kept)).mode & 0o777]).toEqual([core, 0o600]);
    expect(rig.lines.join("")).not.toContain(core);
    // Behind the double there is no Core.
    expect(await kinds(program)).toEqual(["core"]);
  });

  test("says once that Home Assistant is too old, on every surface, and works all the same", async () => {
    const rig = await createRig("devices: {}\n");
    await using core = await CoreDouble.start();
    rig.double.core = { url: core.url, token: core.token, version: "2026.5.1" };
    await using broker = await startBroker({ host });
    rig.double.broker = { host, port: broker.port };
    const program = await rig.start();
    await until(async () => (await brokerState(program)) === "connected", "connected to the broker");
    await until(async () => (await kinds(program)).includes("core-old"), "a repair that says so");
    expect((await repairs(program)).map(({ detail }) => detail)).toEqual([expect.stringMatching(/^Home Assistant 2026\.5\.1 is older than /)]);
    expect(JSON.stringify((await ask(program, "health")).body)).toContain("2026.5.1 is older");
    core.drop();
    await until(() => core.logins === 2, "the connection is back");
    expect(errors(rig).filter((line) => line.includes("is older than"))).toHaveLength(1);
  });

  test("keeps its key for Core over a restart", async () => {
    const rig = await createRig("devices: {}\n");
    const first = await rig.start();
    await until(() => rig.double.messages.length === 1, "the message");
    const before = rig.double.messages[0];
    await first[Symbol.asyncDispose]();
    await rig.start();
    const posts = (): number => rig.double.requests.filter(({ path }) => path === "/discovery").length;
    await until(() => posts() === 2, "the message again");
    expect(rig.double.messages[0]?.config["api_key"]).toBe(before?.config["api_key"]);
    expect(rig.double.messages[0]?.uuid).toBe(before?.uuid);
  });

  test("Home Assistant's devices link to the page, also from the first message of a start at which the Supervisor is away", async () => {
    const rig = await createRig("devices: {}\n");
    await using broker = await startBroker({ host });
    await using seen = await observe(`mqtt://${host}:${broker.port}`);
    const documents = (): readonly (string | undefined)[] =>
      seen.messages.flatMap(([topic, payload]) =>
        topic === "homeassistant/device/rack-power/config"
          ? [(JSON.parse(payload) as { device: { configuration_url?: string } }).device.configuration_url]
          : [],
      );
    const link = `homeassistant://app/${rig.double.slug}`;
    await rig.double.writeOptions({ ...rig.double.options, mqtt_url: `mqtt://${host}:${broker.port}` });
    const first = await rig.start();
    await until(() => documents().at(-1) === link, "the link", 15_000);
    await first[Symbol.asyncDispose]();
    const count = documents().length;
    rig.double.failure = { status: 503 };
    const program = await rig.start();
    await until(async () => (await brokerState(program)) === "connected", "connected");
    const begun = rig.double.requests.length;
    rig.double.failure = undefined;
    await until(
      () => rig.double.requests.slice(begun).some(({ path, status }) => path === "/discovery" && status === 200),
      "the Supervisor told who we are",
      15_000,
    );
    expect(
      documents()
        .slice(count)
        .filter((one) => one !== link),
    ).toEqual([]);
    expect(documents().length - count).toBeLessThanOrEqual(1);
  });

  test("a broker in the file goes before one in the options, and that before the Supervisor's", async () => {
    await using ours = await startBroker({ host });
    await using theirs = await startBroker({ host });
    const rig = await createRig(`mqtt: { url: "mqtt://${host}:${ours.port}" }\ndevices: {}\n`, { mqtt_url: `mqtt://${host}:${theirs.port}` });
    const program = await rig.start();
    await until(async () => (await brokerState(program)) === "connected", "connected");
    expect(rig.lines.join("")).toContain(`connected to ${host}:${ours.port}`);
    await writeFile(rig.file, "devices: {}\n");
    await program.reload();
    await until(() => rig.lines.join("").includes(`connected to ${host}:${theirs.port}`), "connected to the one of the options");
    expect(rig.double.requests.some(({ path }) => path === "/services/mqtt")).toBe(false);
    await using last = await startBroker({ host });
    rig.double.broker = { host, port: last.port };
    rig.double.options = { ...rig.double.options, mqtt_url: "" };
    await program.reload();
    await until(() => rig.lines.join("").includes(`connected to ${host}:${last.port}`), "connected to the Supervisor's");
  });

  test("log level and keys follow the options without a restart, also while the file is wrong", async () => {
    const rig = await createRig("devices: {}\n");
    const program = await rig.start();
    await writeFile(rig.file, "devices: [\n");
    rig.double.options = { log_level: "warn", api_keys: [{ name: "other", key: `${key}-new`, scopes: ["read"] }] };
    expect((await ask(program, "reload", "POST")).status).toBe(422);
    expect(rig.log.level).toBe("warn");
    expect((await ask(program, "repairs")).status).toBe(401);
    expect((await ask(program, "repairs", "GET", `${key}-new`)).body).toMatchObject([{ kind: "configuration" }, {}, {}]);
    rig.double.failure = { status: 500 };
    await program.reload();
    expect(rig.log.level).toBe("warn");
    // What the Supervisor could not tell then is taken over as soon as it can, without anybody asking.
    rig.double.options = { log_level: "debug", api_keys: [{ name: "other", key: `${key}-new`, scopes: ["read"] }] };
    rig.double.failure = undefined;
    await until(() => rig.log.level === "debug", "the options came after all", 10_000);
  });

  test("the file's own level goes before the option", async () => {
    const rig = await createRig("log: error\ndevices: {}\n", { log_level: "debug" });
    await rig.start();
    expect(rig.log.level).toBe("error");
  });

  test("a level that is set by hand holds until the configuration is read again", async () => {
    const rig = await createRig("devices: {}\n");
    const program = await rig.start();
    program.setLogLevel("debug");
    expect((await ask(program, "health")).body).toMatchObject({ logLevel: "debug" });
    await program.reload();
    expect(rig.log.level).toBe("info");
  });
});

describe("as an add-on, in trouble", () => {
  test("options of the wrong type are told and shown, and the rest is used", async () => {
    const rig = await createRig("devices: {}\n", { log_level: 7, base_topic: "a b", mqtt_password: "geheim-geheim" });
    const program = await rig.start();
    expect(await kinds(program)).toEqual(expect.arrayContaining(["option:base_topic", "option:log_level", "option:mqtt_password"]));
    expect(errors(rig).filter((line) => line.includes("option "))).toHaveLength(3);
    await program.reload();
    expect(errors(rig).filter((line) => line.includes("option "))).toHaveLength(3);
    rig.double.options = { log_level: "info", api_keys: rig.double.options["api_keys"] };
    await program.reload();
    expect(await kinds(program)).not.toContain("option:log_level");
    expect(rig.lines.join("")).not.toContain("geheim");
  });

  test("options that cannot be read are as if they were not set", async () => {
    const rig = await createRig("devices: {}\n");
    await rig.double.writeOptions("{ nonsense");
    const program = await rig.start();
    expect((await ask(program, "health")).status).toBe(401);
    expect(errors(rig).some((line) => line.includes("option options: are no keys and values"))).toBe(true);
    await program.reload();
    expect((await ask(program, "health")).body).toMatchObject({ logLevel: "info" });
  });

  test("a wrong section and a wrong device cost no more than themselves, and are shown", async () => {
    await using broker = await startBroker({ host });
    const wrong = "nonsense: 1\nmqtt: { url: 7 }\ndevices:\n  bad: { driver: nut }\n  good: { driver: nut, host: 127.0.0.1, port: 1, ups: a }\n";
    const rig = await createRig(wrong);
    rig.double.broker = { host, port: broker.port };
    const program = await rig.start();
    expect(await repairs(program)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: "configuration",
          line: 1,
          column: 1,
          detail: expect.stringMatching(/nonsense: unknown key.*mqtt\.url: is a number/) as string,
        }),
        expect.objectContaining({ kind: "quarantined", device: "bad", line: 4 }),
      ]),
    );
    // Told once, although it is wrong in a file that is wrong.
    expect(errors(rig).filter((line) => line.includes("devices.bad.ups"))).toHaveLength(1);
    expect((await ask(program, "devices")).body).toMatchObject([{ id: "bad" }, { id: "good" }]);
    expect((await ask(program, "health")).body).toMatchObject({ state: "degraded" });
    // Somebody wanted another broker; which one is not known.
    expect(await brokerState(program)).toBeUndefined();
    await writeFile(rig.file, "devices: {}\n");
    await program.reload();
    await until(async () => (await brokerState(program)) === "connected", "connected");
    expect(await kinds(program)).toEqual(["core"]);
  });

  test.each([
    ["no YAML", "devices:\n  a: {\n"],
    ["devices that are none", "devices: [a]\n"],
    ["an empty file", ""],
  ])("%s: Home Assistant keeps every entity, as nothing is published that would take them away", async (_, text) => {
    await using broker = await startBroker({ host });
    const rig = await createRig("devices:\n  ups: { driver: nut, host: 127.0.0.1, port: 1, ups: a }\n");
    rig.double.broker = { host, port: broker.port };
    const before = await rig.start();
    await until(async () => (await brokerState(before)) === "connected", "connected");
    await before[Symbol.asyncDispose]();
    await writeFile(rig.file, text);
    const program = await rig.start();
    expect(await kinds(program)).toContain("configuration");
    const lines = rig.lines.length;
    await program.reload();
    expect(await brokerState(program)).toBeUndefined();
    expect(rig.lines.slice(lines).join("")).not.toContain("connected to");
    await writeFile(rig.file, "devices:\n  ups: { driver: nut, host: 127.0.0.1, port: 1, ups: a }\n");
    await program.reload();
    await until(async () => (await brokerState(program)) === "connected", "connected again");
  });

  test.each([
    ["refuses", { status: 403 }],
    ["fails", { status: 503, body: "<html>" }],
    ["says nothing", "silent"],
    ["hangs up", "gone"],
    ["talks nonsense", { status: 200, body: "[]" }],
  ] as const)("a Supervisor that %s: the program runs, one line says why, a repair shows it, and all comes right with it", async (_, failure) => {
    const rig = await createRig("devices: {}\n");
    await using broker = await startBroker({ host });
    rig.double.broker = { host, port: broker.port };
    rig.double.failure = failure;
    const program = await rig.start();
    expect((await ask(program, "health")).status).toBe(200);
    if (failure !== "silent") {
      await until(async () => (await kinds(program)).includes("supervisor"), "shown");
      await until(() => rig.double.requests.length > 3 || failure === "gone", "tried again");
      const supervisor = errors(rig).flatMap((line) => /supervisor: .*/.exec(line)?.[0] ?? []);
      expect(supervisor.length).toBeGreaterThan(0);
      expect(new Set(supervisor).size).toBe(supervisor.length);
    }
    const began = clock.monotonic();
    rig.double.failure = undefined;
    if (failure === "silent") {
      await program[Symbol.asyncDispose]();
      expect(clock.monotonic() - began).toBeLessThan(5000);
      return;
    }
    await until(async () => (await brokerState(program)) === "connected", "connected", 15_000);
    await until(async () => !(await kinds(program)).includes("supervisor"), "settled", 15_000);
    await until(() => rig.double.messages.length === 1, "announced", 15_000);
  });

  test("without a broker it says what to do, and finds the one that comes", async () => {
    const rig = await createRig("devices: {}\n");
    const program = await rig.start();
    await until(async () => (await kinds(program)).includes("broker-missing"), "said");
    expect(await brokerState(program)).toBeUndefined();
  });
});
