import { afterAll, describe, expect, test } from "vitest";
import { commandSpec, pointNames, pointSpec } from "#domain/capability.ts";
import { partPattern, type Description, type Reading, type Wanted } from "#domain/device.ts";
import { Fault, isFault } from "#domain/fault.ts";
import type { Context, Driver, Session } from "#driver/contract.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { startBmc } from "#simulator/bmc/server.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { createProgram } from "#test/driver/pwrstat-program.ts";
import { freePort } from "#test/peer/port.ts";
import { startApcupsd } from "#test/transport/apcupsd-double.ts";
import { CoreDouble } from "#test/transport/core-double.ts";

const host = "127.0.0.1";
const rack = createRack();
const simulated = new AsyncDisposableStack();
const core = simulated.use(await CoreDouble.start());
core.set("switch.nine", "on");
core.set("switch.ten", "off");
core.set("sensor.nine_power", "41.5", { device_class: "power", unit_of_measurement: "W" });
core.set("sensor.ups", "OL CHRG");
const nut = simulated.use(await startNutServer({ host, users: [{ name: "admin", password: "simulated" }], upses: () => rack.upses }));
const pdu = simulated.use(await startPduAgent({ host, readCommunity: "simulated", writeCommunity: "simulated", pdu: () => rack.pdu }));
const bmc = simulated.use(
  await startBmc({ host, username: "admin", password: "simulated", slots: 1, bmc: () => rack.servers[0] ?? expect.fail("the rack has no server") }),
);
const pwrstat = simulated.use(await createProgram());
const withoutDaemon = simulated.use(await createProgram());
await withoutDaemon.prints("status", "Daemon service is not found.\n");
const apcupsd = simulated.use(await startApcupsd());
afterAll(() => simulated.disposeAsync());

/** A device for every driver; a driver without one fails below. */
const devices: Readonly<
  Record<
    string,
    {
      readonly options: Readonly<Record<string, unknown>>;
      /** Where nobody answers; else another port. */
      readonly elsewhere?: Readonly<Record<string, unknown>>;
      /** Absent where nothing can be commanded. */
      readonly command?: { readonly part: string; readonly name: "ups.beeperMute" | "outlet.off" | "chassis.identify" };
    }
  >
> = {
  nut: { options: { host, port: nut.port, ups: "office", username: "admin", password: "simulated" }, command: { part: "ups", name: "ups.beeperMute" } },
  snmp: { options: { host, port: pdu.port, version: "2c", community: "simulated", timeout: 1 }, command: { part: "outlet/9", name: "outlet.off" } },
  ipmi: { options: { host, port: bmc.port, username: "admin", password: "simulated" }, command: { part: "chassis", name: "chassis.identify" } },
  pwrstat: { options: { program: pwrstat.path }, elsewhere: { program: withoutDaemon.path }, command: { part: "ups", name: "ups.beeperMute" } },
  apcupsd: { options: { host, port: apcupsd.port } },
  "home-assistant": {
    options: {
      url: core.url,
      token: "simulated",
      outlets: { 9: { switch: "switch.nine", power: "sensor.nine_power" }, 10: "switch.ten" },
      ups: { status: "sensor.ups" },
    },
    elsewhere: { url: `http://127.0.0.1:${await freePort("tcp")}` },
    command: { part: "outlet/9", name: "outlet.off" },
  },
};

const drivers = createDrivers(systemClock) as ReadonlyMap<string, Driver>;
const never = new AbortController().signal;
const context: Context = { device: "contract", log: createLog("error", () => undefined), cache: { get: () => undefined, set: () => undefined } };
const open = (driver: Driver, options: unknown, signal = never): Promise<Session> => driver.open(driver.options.parse(options), context, signal);
/** What a device has to say only while there is something, such as an alarm: its place is there all the same. */
const nowAndThen: ReadonlySet<string> = new Set(["ups.alarmText"]);
const everything = ({ parts }: Description): readonly Wanted[] => parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));

const fits = ({ point, value }: Reading): boolean => {
  const spec = pointSpec(point);
  switch (spec.type) {
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "flag":
      return typeof value === "boolean";
    case "choice":
      return (spec.options as readonly unknown[]).includes(value);
    case "words":
      return Array.isArray(value) && value.every((word) => typeof word === "string" && word !== "");
    case "time":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "text":
      return typeof value === "string";
  }
};

test("every driver of the registry is held to the contract", () => {
  expect([...drivers.keys()].toSorted()).toEqual(Object.keys(devices).toSorted());
});

describe.each([...drivers].map(([name, driver]) => ({ name, driver, ...(devices[name] ?? expect.fail(`no device for ${name}`)) })))(
  "driver $name",
  ({ driver, options, elsewhere = { port: 9 }, command }) => {
    test("describes parts, points and commands of the catalogue, each once, and the same again", async () => {
      await using session = await open(driver, options);
      const description = await session.describe(never);
      const ids = description.parts.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { id, points, commands } of description.parts) {
        expect(id).toMatch(partPattern);
        expect(new Set(points).size).toBe(points.length);
        for (const point of points) expect(pointNames).toContain(point);
        for (const name of commands) expect(commandSpec(name)).toBeDefined();
      }
      expect(ids.length).toBeGreaterThan(1);
      expect(await session.describe(never)).toEqual(description);
    });

    test("reads every point that it described, with values that fit, and nothing that was not asked", async () => {
      await using session = await open(driver, options);
      const wanted = everything(await session.describe(never)).filter(({ point }) => !nowAndThen.has(point));
      const readings = await session.read(wanted, never);
      expect(readings.length).toBe(wanted.length);
      expect(readings.filter((one) => !fits(one))).toEqual([]);
      for (const one of wanted.filter((_, index) => index % 7 === 0)) {
        const answer = await session.read([one], never);
        expect(answer.map(({ part, point }) => ({ part, point }))).toEqual([one]);
      }
      expect(await session.read([], never)).toEqual([]);
    });

    test("leaves out what the device does not have, and goes on", async () => {
      await using session = await open(driver, options);
      const wanted = everything(await session.describe(never));
      const absent: Wanted = { part: "outlet/999", point: "outlet.on" };
      expect((await session.read([absent, ...wanted.slice(0, 2)], never)).length).toBe(2);
    });

    test("carries out a command that it described, and refuses one that it did not", async () => {
      await using session = await open(driver, options);
      const { parts } = await session.describe(never);
      if (!command) {
        expect(parts.flatMap(({ commands }) => commands)).toEqual([]);
        expect(session.execute).toBeUndefined();
        return;
      }
      await session.execute?.({ device: "contract", by: { via: "mqtt" }, ...command }, never);
      const refused = session.execute?.({ device: "contract", by: { via: "mqtt" }, part: "outlet/999", name: "outlet.off" }, never);
      await expect(refused).rejects.toMatchObject({ kind: "unsupported", written: false });
    });

    test("ends its session, so that the next one can open; ending twice does no harm", async () => {
      for (let times = 0; times < 3; times++) {
        const session = await open(driver, options);
        await session.describe(never);
        await session[Symbol.asyncDispose]();
        await session[Symbol.asyncDispose]();
      }
      expect(bmc.sessions).toBe(0);
    });

    test("listens to the signal, and throws only faults or the signal's reason", async () => {
      const gone = AbortSignal.abort(new Error("stopped"));
      const failure = await open(driver, options, gone).then(
        async (session) => {
          try {
            return await session.describe(gone).then(
              () => undefined,
              (error: unknown) => error,
            );
          } finally {
            await session[Symbol.asyncDispose]();
          }
        },
        (error: unknown) => error,
      );
      expect(failure instanceof Fault || (failure as Error).message === "stopped").toBe(true);
    });

    test("where nobody answers, the fault says that nobody is there", async () => {
      const signal = AbortSignal.timeout(20_000);
      const fault = await open(driver, { ...options, ...elsewhere }, signal)
        .then(async (session) => {
          await using opened = session;
          return await opened.describe(signal);
        })
        .then(
          () => expect.fail("somebody answered"),
          (error: unknown) => error,
        );
      expect(isFault(fault, "unreachable", "timeout")).toBe(true);
      // It is put into other sentences.
      expect((fault as Error).message).toMatch(/[^.]$/);
    });

    test("takes no option that it does not know, and no secret leaves it as text", () => {
      expect(driver.options.safeParse({ ...options, hots: "typo" }).success).toBe(false);
      expect(JSON.stringify(driver.options.parse(options))).not.toContain('"simulated"');
    });
  },
);
