import { describe, expect, test } from "vitest";
import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { startMachine } from "#test/peer/ipmi-machine.ts";
import { faultOf, give, isOn, openBmc, patience, valueOf } from "#test/peer/ipmi-session.ts";

describe("options", () => {
  const driver = createIpmiDriver(systemClock);
  const least = { host: "BMC.lan", username: "admin", password: "hunter22" };
  test("have sensible values where nothing is said", () => {
    const options = driver.options.parse(least);
    expect(options).toMatchObject({ port: 623, privilege: "administrator", suites: [17, 3], interface: "lanplus" });
    expect(driver.endpoint(options)).toBe("bmc.lan:623");
    expect(JSON.stringify(options)).not.toContain("hunter22");
  });
  test.each([
    ["a name of 17 bytes", { username: "a".repeat(17) }],
    ["a password of 21 bytes", { password: "é".repeat(10) + "a" }],
    ["suite 0", { suites: [0] }],
    ["no suite", { suites: [] }],
    ["an unknown key", { usrname: "x" }],
    ["a key of 21 bytes", { key: `0x${"00".repeat(21)}` }],
  ])("%s is not taken", (_what, wrong) => {
    expect(driver.options.safeParse({ ...least, ...wrong }).success).toBe(false);
  });
  test("a password of 20 bytes and a name of 16 are", () => {
    expect(driver.options.safeParse({ ...least, username: "a".repeat(16), password: "a".repeat(20), key: "0x" + "00".repeat(20) }).success).toBe(true);
  });
});

describe("a BMC of ours, suite 17", () => {
  const login = { username: "sixteen bytes!!!", password: "twenty bytes of it!!" };

  test("is described, read and switched", async () => {
    await using machine = await startMachine(login);
    await using session = await openBmc({ port: machine.port, sensors: "all", ...login });
    const description = await session.describe(patience());
    expect(description).toMatchObject({ manufacturer: "Rack", model: "Node", serial: "S1" });
    expect(description.parts.map(({ id }) => id)).toEqual(["chassis", "sensor/cpu-temp", "sensor/fan1", "sensor/12v", "sensor/psu1-power"]);
    expect(await valueOf(session, "sensor/cpu-temp", "sensor.temperature")).toBe(-7);
    expect(await valueOf(session, "sensor/12v", "meter.voltage")).toBeCloseTo(12.05, 1);
    expect(await valueOf(session, "chassis", "meter.power")).toBe(123);
    expect(await valueOf(session, "chassis", "chassis.eventLogEntries")).toBe(0);
    await give(session, "chassis.identify");
    expect(await valueOf(session, "chassis", "chassis.identify")).toBe(true);
    await give(session, "chassis.cycle");
    expect(await isOn(session)).toBe(true);
    await give(session, "chassis.shutdown");
    expect(await isOn(session)).toBe(false);
    expect(machine.journal).toEqual(["identify", "on", "shutdown"]);
  });

  test("answers only what is wanted, and the same wish again", async () => {
    await using machine = await startMachine(login);
    await using session = await openBmc({ port: machine.port, ...login });
    await session.describe(patience());
    const wanted = [
      { part: "chassis", point: "chassis.on" },
      { part: "sensor/fan1", point: "sensor.fanSpeed" },
      { part: "sensor/none", point: "sensor.fanSpeed" },
    ] as const;
    for (const on of [false, true]) {
      machine.on = on;
      expect(await session.read(wanted, patience())).toEqual([
        { part: "chassis", point: "chassis.on", value: on },
        { part: "sensor/fan1", point: "sensor.fanSpeed", value: 5200 },
      ]);
    }
  });

  test("a command in a state that does not allow it is rejected", async () => {
    await using machine = await startMachine(login);
    await using session = await openBmc({ port: machine.port, ...login });
    expect(await faultOf(give(session, "chassis.reset"))).toMatchObject({ kind: "rejected" });
    expect(await faultOf(give(session, "outlet.off"))).toMatchObject({ kind: "unsupported", written: false });
    expect(machine.journal).toEqual([]);
  });
});
