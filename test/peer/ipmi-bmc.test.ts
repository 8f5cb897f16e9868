import { expect, test } from "vitest";
import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { type Cache, faultOf, give, isOn, openBmc, patience, valueOf } from "./ipmi-session.ts";
import { hasDcmi, startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { udpRelay } from "./udp-relay.ts";
import { until } from "./until.ts";

describeWithPeer("a BMC by OpenIPMI, suite 3", await debianPackages("openipmi"), (peer) => {
  test("says who it is and what it has", async () => {
    await using sim = await startIpmiSim(peer);
    await using session = await openBmc({ port: sim.port, sensors: "all" });
    const { parts, ...identity } = await session.describe(patience());
    expect(identity).toMatchObject({ manufacturer: "Rig & Co", model: "RigServer", serial: "SN1001", firmware: "9.08" });
    expect(parts).toHaveLength(60);
    expect(parts[0]?.commands).toEqual(["chassis.on", "chassis.shutdown", "chassis.off", "chassis.cycle", "chassis.reset", "chassis.diag", "chassis.identify"]);
    const wanted = parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));
    const values = new Map((await session.read(wanted, patience())).map(({ part, value }) => [part, value]));
    let compared = 0;
    for (const { name, raw, multiplier, exponent, signed } of sim.sensors) {
      const expected = ((signed ? raw - 256 : raw) * multiplier) / 10 ** -exponent;
      expect(values.get(`sensor/${name.toLowerCase().replaceAll(" ", "-")}`), name).toBe(expected);
      compared++;
    }
    expect(compared).toBe(59);
  });

  test("shows temperatures, fans and watts when nothing is said, and only named sensors when they are", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(6) });
    const names = async (sensors?: readonly string[]): Promise<readonly string[]> => {
      await using session = await openBmc({ port: sim.port, ...(sensors && { sensors }) });
      return (await session.describe(patience())).parts.map(({ id }) => id);
    };
    expect(await names()).toEqual(["chassis", "sensor/cpu-temp", "sensor/inlet-temp", "sensor/fan1", "sensor/fan2", "sensor/pwr-consumption"]);
    expect(await names(["12v", "CPU Temp"])).toEqual(["chassis", "sensor/cpu-temp", "sensor/12v"]);
  });

  test("a changed value is seen", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(6) });
    await using session = await openBmc({ port: sim.port });
    await session.describe(patience());
    expect(await valueOf(session, "sensor/fan2", "sensor.fanSpeed")).toBe(0);
    sim.setRaw("FAN2", 48);
    await until(async () => (await valueOf(session, "sensor/fan2", "sensor.fanSpeed")) === 4800, "the fan turns");
  });

  test("each verb reaches the machine once, and reads back", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1) });
    await using session = await openBmc({ port: sim.port });
    expect(await isOn(session)).toBe(false);
    await give(session, "chassis.on");
    expect(await isOn(session)).toBe(true);
    await give(session, "chassis.reset");
    await give(session, "chassis.identify");
    await give(session, "chassis.cycle");
    await until(async () => (await isOn(session)) === true && sim.journal().length === 5, "the cycle's second half");
    await give(session, "chassis.shutdown");
    expect(await isOn(session)).toBe(false);
    await give(session, "chassis.on");
    await give(session, "chassis.off");
    expect(await isOn(session)).toBe(false);
    expect(sim.journal()).toEqual(["power 1", "reset 1", "identify 60 0", "power 0", "power 1", "shutdown 1", "power 1", "power 0"]);
  });

  test("a cycle of a machine that is off switches it on", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1) });
    await using session = await openBmc({ port: sim.port });
    await give(session, "chassis.cycle");
    expect(sim.journal()).toEqual(["power 1"]);
  });

  test("what the BMC refuses is a fault that may have been written, and not the end of the session", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1), on: true });
    await using session = await openBmc({ port: sim.port });
    expect(await faultOf(give(session, "chassis.diag"))).toMatchObject({ kind: "rejected", written: true });
    sim.place("broken");
    expect(await faultOf(isOn(session))).toMatchObject({ kind: "rejected" });
    expect(sim.journal()).toEqual([]);
  });

  test.each([
    ["a wrong password", { password: "wrong" }],
    ["a user it does not know", { username: "nobody" }],
    ["a wrong K_g", { key: "0x000102" }],
  ])("%s is denied", async (_what, login) => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1), bmcKey: "secretkey" });
    expect(await faultOf(openBmc({ port: sim.port, key: "secretkey", ...login }))).toMatchObject({ kind: "denied", written: false });
    await using session = await openBmc({ port: sim.port, key: "secretkey" });
    expect(await isOn(session)).toBe(false);
  });

  test("a user may read and is offered no commands; one all the same is denied", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(6) });
    await using session = await openBmc({ port: sim.port, username: "viewer", password: "viewpw", privilege: "user" });
    const { parts } = await session.describe(patience());
    expect(parts.map(({ commands }) => commands.length)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await valueOf(session, "sensor/cpu-temp", "sensor.temperature")).toBe(42);
    expect(await faultOf(give(session, "chassis.on"))).toMatchObject({ kind: "denied" });
    expect(sim.journal()).toEqual([]);
  });

  test("an operator may switch", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1) });
    await using session = await openBmc({ port: sim.port, username: "oper", password: "operpw", privilege: "operator" });
    await give(session, "chassis.on");
    expect(sim.on()).toBe(true);
  });

  test("names of six bits a character are read", async () => {
    const [temperature] = simSensors(1);
    if (!temperature) return expect.fail("no sensor");
    await using sim = await startIpmiSim(peer, {
      sensors: ["CPU TEMP", "A", "FAN 1 / SYS_2", "SIXTEEN CHARS 16"].map((name) => ({ ...temperature, name })),
      sixBit: true,
    });
    await using session = await openBmc({ port: sim.port });
    const { parts } = await session.describe(patience());
    expect(parts.slice(1).map(({ label }) => label)).toEqual(["CPU TEMP", "A", "FAN 1 / SYS_2", "SIXTEEN CHARS 16"]);
  });

  test("records are kept: the second connection asks for none", async () => {
    await using sim = await startIpmiSim(peer);
    await using relay = await udpRelay({ to: sim, act: () => "pass" });
    const cache: Cache = new Map();
    const ask = async (): Promise<number> => {
      const before = relay.seen.request;
      await using session = await openBmc({ port: relay.port, sensors: "all" }, undefined, cache);
      expect((await session.describe(patience())).parts).toHaveLength(60);
      return relay.seen.request - before;
    };
    expect(await ask()).toBeGreaterThan(150);
    expect(await ask()).toBeLessThan(60);
  });

  test("more sessions one after the other than it can hold: each was closed", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1) });
    const driver = createIpmiDriver(systemClock);
    for (let count = 0; count < 80; count++) {
      await using session = await openBmc({ port: sim.port }, driver);
      expect(await isOn(session)).toBe(false);
    }
  });

  test("a second session with the same BMC is refused as long as there is one", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(1) });
    const driver = createIpmiDriver(systemClock);
    {
      await using session = await openBmc({ port: sim.port }, driver);
      expect(await faultOf(openBmc({ port: sim.port }, driver))).toMatchObject({ kind: "busy" });
      expect(await isOn(session)).toBe(false);
    }
    await using again = await openBmc({ port: sim.port }, driver);
    expect(await isOn(again)).toBe(false);
  });
});

const openipmi = await debianPackages("openipmi");
describeWithPeer("power of the whole machine", openipmi, (peer) => {
  test.runIf(hasDcmi(peer))("by DCMI", async () => {
    await using sim = await startIpmiSim(peer, { sensors: simSensors(6), dcmi: true, maker: 674 });
    await using session = await openBmc({ port: sim.port });
    await session.describe(patience());
    expect(await valueOf(session, "chassis", "meter.power")).toBe(187);
    sim.setWatts(0);
    expect(await valueOf(session, "chassis", "meter.power")).toBe(0);
  });

  test("without DCMI by the sensor that its maker has for it, and by none of another maker's", async () => {
    const power = async (maker: number): Promise<unknown> => {
      await using sim = await startIpmiSim(peer, { sensors: simSensors(6), maker });
      await using session = await openBmc({ port: sim.port, sensors: ["CPU Temp"] });
      const { parts } = await session.describe(patience());
      return parts[0]?.points.includes("meter.power") ? await valueOf(session, "chassis", "meter.power") : "none";
    };
    expect(await power(674)).toBe(244);
    expect(await power(11)).toBe("none");
  });
});
