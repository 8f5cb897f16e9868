import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { faultOf, give, isOn, openBmc, patience, valueOf } from "./ipmi-session.ts";
import { startMachine } from "./ipmi-machine.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { type Act, udpRelay } from "./udp-relay.ts";
import { until } from "./until.ts";

/** Command lines of all processes that run now. */
const commandLines = (): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ")];
      } catch {
        return []; // it has just ended
      }
    });

/** A program that writes down its command line and then hangs, with a child that hangs as well. */
const hangingTool = (): { readonly command: string; readonly mark: string } => {
  const folder = mkdtempSync(join(tmpdir(), "ipmi-hang-"));
  const command = join(folder, "ipmitool");
  const mark = `88${Math.floor(Math.random() * 1e9)}`;
  writeFileSync(command, `#!/bin/sh\nsleep ${mark} &\nsleep ${mark}\n`);
  chmodSync(command, 0o755);
  return { command, mark };
};

describeWithPeer("interface: ipmitool", await debianPackages("ipmitool", "openipmi"), (peer) => {
  const driver = createIpmiDriver(systemClock, {
    command: peer.bin("ipmitool"),
    env: { PATH: peer.env["PATH"] ?? "", LD_LIBRARY_PATH: peer.env["LD_LIBRARY_PATH"] ?? "" },
  });

  test("reads and switches a BMC by OpenIPMI, which takes suite 3 only", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(6) });
    await using session = await openBmc({ port: sim.port, interface: "ipmitool" }, driver);
    const description = await session.describe(patience());
    expect(description).toMatchObject({ manufacturer: "Rig & Co", model: "RigServer", serial: "SN1001", firmware: "9.08" });
    expect(description.parts.map(({ id }) => id)).toEqual([
      "chassis",
      "sensor/cpu-temp",
      "sensor/inlet-temp",
      "sensor/fan1",
      "sensor/fan2",
      "sensor/pwr-consumption",
    ]);
    expect(await valueOf(session, "sensor/inlet-temp", "sensor.temperature")).toBe(-5);
    expect(await valueOf(session, "sensor/fan2", "sensor.fanSpeed")).toBe(0);
    await give(session, "chassis.cycle");
    expect(await isOn(session)).toBe(true);
    await give(session, "chassis.shutdown");
    expect(await isOn(session)).toBe(false);
    expect(sim.journal()).toEqual(["power 1", "shutdown 1"]);
  });

  test("reads the power of our BMC with suite 17", async () => {
    await using bmc = await startMachine();
    await using session = await openBmc({ port: bmc.port, interface: "ipmitool", suites: [17] }, driver);
    await session.describe(patience());
    expect(await valueOf(session, "chassis", "meter.power")).toBe(123);
  });

  test("a wrong password and an unknown user are denied", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1) });
    expect((await faultOf(openBmc({ port: sim.port, interface: "ipmitool", password: "wrong" }, driver))).kind).toBe("denied");
    expect((await faultOf(openBmc({ port: sim.port, interface: "ipmitool", username: "nobody" }, driver))).kind).toBe("denied");
  });

  test("the answer to reset is lost: written once, and may have been", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1), on: true });
    let resets = 0;
    // The reset is what changes the journal; its answer, and all after it, are lost.
    await using relay = await udpRelay({ to: sim, act: (direction): Act => (direction === "answer" && sim.journal().length > resets ? "drop" : "pass") });
    await using session = await openBmc({ port: relay.port, interface: "ipmitool" }, driver);
    expect(await faultOf(give(session, "chassis.reset"))).toMatchObject({ written: true });
    expect(sim.journal()).toEqual(["reset 1"]);
    resets = 1;
    expect(await isOn(session)).toBe(true);
  });

  test("the password is in no command line, and a program that hangs is killed with its children", async () => {
    const { command, mark } = hangingTool();
    const hanging = createIpmiDriver(systemClock, { command, env: { PATH: process.env["PATH"] ?? "" } });
    const given = new AbortController();
    const password = `pw${mark}`;
    const opening = faultOf(
      hanging.open(
        hanging.options.parse({ host: "127.0.0.1", username: "ADMIN", password, interface: "ipmitool" }),
        { device: "bmc", log: { debug() {}, info() {}, warn() {}, error() {}, child: () => expect.fail() }, cache: { get: () => undefined, set() {} } },
        given.signal,
      ),
    );
    const running = (): readonly string[] => commandLines().filter((line) => line.includes(mark) || line.includes(command));
    // For a moment, a child of the shell shows the shell's own command line.
    await until(() => running().filter((line) => line.startsWith("sleep")).length === 2, "the program and its children run");
    expect(running().filter((line) => line.includes("-U ADMIN -E"))).toHaveLength(1);
    expect(commandLines().filter((line) => line.includes(password))).toEqual([]);
    given.abort();
    expect((await opening).kind).toBe("timeout");
    await until(() => running().length === 0, "nothing of it is left");
  });

  test("a machine without ipmitool says so", async () => {
    const missing = createIpmiDriver(systemClock, { command: "/nowhere/ipmitool", env: {} });
    const fault = await faultOf(openBmc({ port: 623, interface: "ipmitool" }, missing));
    expect(fault.message).toMatch(/not installed/);
  });
});
