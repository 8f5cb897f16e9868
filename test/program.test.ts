import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock as clock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import type { DeviceView } from "#publish/rest/device-view.ts";
import { startBroker } from "#simulator/broker.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { NotStarted } from "#program/not-started.ts";
import { Program } from "#program/program.ts";
import { until } from "./peer/until.ts";

const host = "127.0.0.1";
const key = "a-key-of-the-test-0001";
const rest = (port = 0): string => `rest: { listen: "${host}:${port}", keys: [ { name: test, key: ${key}, scopes: [admin] } ] }`;
const ups = (id: string, port: number, more = ""): string => `  ${id}: { driver: nut, host: ${host}, port: ${port}, ups: office, interval: 200ms${more} }`;
const finally_ = (thing: AsyncDisposable): void => onTestFinished(async () => thing[Symbol.asyncDispose]());

/** A NUT server behind a door that counts who comes. */
const startNut = async (): Promise<{ readonly port: number; entered: number }> => {
  const rack = createRack();
  const server = await startNutServer({ host, users: [], upses: () => rack.upses });
  const door = createServer((socket) => {
    nut.entered++;
    const inside = connect(server.port, host);
    socket.on("error", () => inside.destroy()).on("close", () => inside.destroy());
    inside.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.pipe(inside).pipe(socket);
  });
  await once(door.listen(0, host), "listening");
  const nut = { port: (door.address() as AddressInfo).port, entered: 0 };
  finally_(server);
  onTestFinished(() => void door.close());
  return nut;
};

interface Rig {
  readonly folder: string;
  readonly lines: string[];
  write(...lines: readonly string[]): Promise<void>;
  start(): Promise<Program>;
}
const createRig = async (): Promise<Rig> => {
  const folder = await mkdtemp(join(tmpdir(), "rack-power-program-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  const file = join(folder, "rack-power.yaml");
  return {
    folder,
    lines,
    write: (...text) => writeFile(file, `${text.join("\n")}\n`),
    start: async () => {
      const program = await Program.start({ file, environment: {}, clock, log: createLog("info", (line) => lines.push(line)) });
      finally_(program);
      return program;
    },
  };
};

const get = async (program: Program, path: string): Promise<unknown> => (await fetch(`${program.url}${path}`, { headers: { "x-api-key": key } })).json();
const device = async (program: Program, id: string): Promise<DeviceView> => (await get(program, `/api/v1/devices/${id}`)) as DeviceView;
const online = (program: Program, id: string): Promise<unknown> =>
  until(async () => (await device(program, id)).connection?.state === "online", `${id} is online`);
const freePort = async (): Promise<number> => {
  const taken = createServer();
  await once(taken.listen(0, host), "listening");
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  return port;
};

describe("a configuration that is read again", () => {
  test("leaves unchanged devices their connection, and makes of the others what it says", async () => {
    const rig = await createRig();
    const [one, other] = [await startNut(), await startNut()];
    await rig.write(rest(), "devices:", ups("stays", one.port), ups("moves", one.port, ", username: mover"), ups("goes", other.port));
    const program = await rig.start();
    for (const id of ["stays", "moves", "goes"]) await online(program, id);
    const before = { one: one.entered, other: other.entered, since: (await device(program, "stays")).connection.since };
    await rig.write(
      rest(),
      "devices:",
      ups("stays", one.port, ", name: New name, area: Cellar"),
      ups("moves", other.port, ", username: mover"),
      "  comes: { driver: nut }",
    );
    expect(await program.reload()).toMatchObject({
      accepted: true,
      problems: [expect.stringContaining("devices.comes.host: is missing"), expect.stringContaining("devices.comes.ups")],
    });
    await online(program, "moves");
    expect(await device(program, "stays")).toMatchObject({ name: "New name", area: "Cellar", connection: { state: "online", since: before.since } });
    expect(one.entered).toBe(before.one);
    expect(other.entered).toBe(before.other + 1);
    expect(await device(program, "comes")).toMatchObject({
      connection: { state: "quarantined", detail: expect.stringContaining("rack-power.yaml:5:3") as string },
    });
    expect(await get(program, "/api/v1/devices/goes")).toMatchObject({ status: 404 });
    await rig.write(rest(), "devices:", ups("stays", one.port), ups("comes", one.port));
    expect(await program.reload()).toEqual({ accepted: true, problems: [] });
    await online(program, "comes");
  });

  test("changes nothing when it is wrong as a whole", async () => {
    const rig = await createRig();
    const nut = await startNut();
    await rig.write(rest(), "devices:", ups("office", nut.port));
    const program = await rig.start();
    await online(program, "office");
    await rig.write("rest: { listen: nonsense }", "devices: {}");
    expect(await program.reload()).toMatchObject({ accepted: false, problems: [expect.stringMatching(/:1:17: rest\.listen: is no address and port/)] });
    expect(await device(program, "office")).toMatchObject({ connection: { state: "online" } });
    expect(nut.entered).toBe(1);
  });

  test("moves the API; where it cannot listen, the old place stays, also after the file is put right", async () => {
    const rig = await createRig();
    const [first, second] = [await freePort(), await freePort()];
    await using taken = await startBroker({ host });
    await rig.write(rest(first));
    const program = await rig.start();
    await rig.write(rest(taken.port));
    await program.reload();
    await until(() => rig.lines.some((line) => line.includes("another program has it")), "the refusal");
    expect(program.url).toBe(`http://${host}:${first}`);
    expect(await get(program, "/api/v1/health")).toMatchObject({ state: "ready" });
    const lines = rig.lines.length;
    await rig.write(rest(first));
    await program.reload();
    await program.reload();
    expect(rig.lines.slice(lines).filter((line) => line.includes("ERROR"))).toEqual([]);
    expect(await get(program, "/api/v1/health")).toMatchObject({ state: "ready" });
    await rig.write(rest(second));
    await program.reload();
    await until(() => program.url === `http://${host}:${second}`, "the move");
    expect(await get(program, "/api/v1/health")).toMatchObject({ state: "ready" });
    await expect(fetch(`http://${host}:${first}/api/v1/health`)).rejects.toThrow();
    await rig.write("devices: {}");
    await program.reload();
    await until(() => program.url === undefined, "its end");
  });

  test("takes new keys at once", async () => {
    const rig = await createRig();
    await rig.write(rest());
    const program = await rig.start();
    await rig.write(rest().replace(key, "another-key-of-the-test"));
    await program.reload();
    expect(await get(program, "/api/v1/devices")).toMatchObject({ status: 401 });
  });

  test("finds the broker that was put right, after one that could not be used", async () => {
    const rig = await createRig();
    await using broker = await startBroker({ host });
    await rig.write(rest());
    const program = await rig.start();
    await writeFile(join(rig.folder, "ca.pem"), "this is no certificate");
    await rig.write(rest(), `mqtt: { url: "mqtts://${host}:${broker.port}", tls: { ca: ca.pem } }`);
    await program.reload();
    await until(async () => ((await get(program, "/api/v1/health")) as { state: string }).state === "degraded", "the trouble is shown");
    await rig.write(rest(), `mqtt: { url: "mqtt://${host}:${broker.port}" }`);
    await program.reload();
    await until(async () => ((await get(program, "/api/v1/health")) as { state: string }).state === "ready", "the broker is there");
    expect(rig.lines.join("")).toContain("connected");
  });
});

test("after its end nothing is read again", async () => {
  const rig = await createRig();
  const nut = await startNut();
  await rig.write(rest());
  const program = await rig.start();
  await program[Symbol.asyncDispose]();
  await rig.write(rest(), "devices:", ups("office", nut.port));
  expect(await program.reload()).toMatchObject({ accepted: false, problems: [expect.stringMatching(/stopping/)] });
  expect(nut.entered).toBe(0);
});

test("an API that is about to move when the program ends is not there afterwards", async () => {
  const rig = await createRig();
  const [first, second] = [await freePort(), await freePort()];
  await rig.write(rest(first));
  const program = await rig.start();
  await rig.write(rest(second));
  const reloaded = program.reload();
  await program[Symbol.asyncDispose]();
  expect(await reloaded).toMatchObject({ accepted: true });
  for (const port of [first, second]) await expect(fetch(`http://${host}:${port}/api/v1/health`)).rejects.toThrow();
  expect(rig.lines.filter((line) => line.includes("ERROR"))).toEqual([]);
});

test("two programs never share a database: both would count, switch and publish", async () => {
  const rig = await createRig();
  await rig.write("devices: {}");
  const first = await rig.start();
  const refusal: unknown = await rig.start().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(NotStarted);
  expect((refusal as NotStarted).lines.join()).toMatch(/another Rack Power uses it/);
  await first[Symbol.asyncDispose]();
  await rig.start();
});
