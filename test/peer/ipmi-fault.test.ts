import { expect, test } from "vitest";
import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import { type Clock, systemClock } from "#platform/clock.ts";
import { faultOf, give, isOn, openBmc, patience } from "./ipmi-session.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { type Act, udpRelay } from "./udp-relay.ts";
import { until } from "./until.ts";

/** The same numbers at each run. */
const dice = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x7fffffff;
};
/** A session that has been silent for so long is asked before a command is given. */
const notTrusted = 2_000;
/** A clock that can be told that time has passed. */
const shiftedClock = (): Clock & { advance(ms: number): void } => {
  let shift = 0;
  return { ...systemClock, monotonic: () => systemClock.monotonic() + shift, advance: (ms) => void (shift += ms) };
};
const bare = { sensors: simSensors(1), on: true } as const;

describeWithPeer("a BMC by OpenIPMI on a bad day", await debianPackages("openipmi"), (peer) => {
  test.each([
    ["reset", 1, ["reset 1"]],
    ["cycle", 2, ["power 0", "power 1"]],
  ] as const)("the answer to %s is lost: it was written once, and may have been", async (verb, place, journal) => {
    await using sim = await startIpmiSim(peer, bare);
    let left = Number.POSITIVE_INFINITY;
    await using relay = await udpRelay({ to: sim, act: (direction): Act => (direction === "answer" && --left === 0 ? "drop" : "pass") });
    await using session = await openBmc({ port: relay.port });
    await isOn(session);
    left = place;
    expect(await faultOf(give(session, `chassis.${verb}`))).toMatchObject({ kind: "timeout", written: true });
    expect(left).toBe(0);
    await until(async () => sim.journal().length === journal.length && (await isOn(session)) === true, "the machine is on again");
    expect(sim.journal()).toEqual(journal);
  });

  test("a fifth of all packets is lost: everything works, and each command is done at most once", async () => {
    await using sim = await startIpmiSim(peer, bare);
    const roll = dice(7);
    let lost = 0;
    await using relay = await udpRelay({ to: sim, act: (): Act => (roll() < 0.2 ? (lost++, "drop") : "pass") });
    const driver = createIpmiDriver(systemClock);
    for (let round = 0; round < 4; round++) {
      await using session = await openBmc({ port: relay.port }, driver);
      for (let read = 0; read < 5; read++) expect(await isOn(session)).toBe(true);
      const before = sim.journal().length;
      await give(session, "chassis.reset").catch(() => undefined);
      expect(sim.journal().length - before).toBeLessThanOrEqual(1);
    }
    expect(lost).toBeGreaterThan(10);
  });

  test("doubled, spoilt and late packets change nothing", async () => {
    await using sim = await startIpmiSim(peer, bare);
    const roll = dice(11);
    const spoil = (datagram: Buffer): Buffer => {
      const spoilt = Buffer.from(datagram);
      const at = Math.floor(roll() * spoilt.length);
      spoilt[at] = (spoilt[at] ?? 0) ^ (1 << Math.floor(roll() * 8));
      return spoilt;
    };
    let meddled = 0;
    const act = (_direction: string, datagram: Buffer): Act => {
      const value = roll();
      if (value < 0.6) meddled++;
      if (value < 0.3) return "duplicate";
      if (value < 0.4) return spoil(datagram);
      return value < 0.6 ? { delay: 30 } : "pass";
    };
    await using relay = await udpRelay({ to: sim, act });
    await using session = await openBmc({ port: relay.port });
    for (let round = 0; round < 20; round++) {
      sim.setOn(round % 2 === 0);
      expect(await isOn(session)).toBe(round % 2 === 0);
    }
    expect(meddled).toBeGreaterThan(20);
    expect(sim.journal()).toEqual([]);
  });

  test("a BMC that hangs is a timeout, and is there again when it goes on", async () => {
    await using sim = await startIpmiSim(peer, bare);
    await using session = await openBmc({ port: sim.port });
    expect(await isOn(session)).toBe(true);
    sim.signal("SIGSTOP");
    expect((await faultOf(isOn(session))).kind).toBe("timeout");
    sim.signal("SIGCONT");
    expect(await isOn(session)).toBe(true);
  });

  test("a command for a BMC that hangs is not sent at all when that is known before", async () => {
    await using sim = await startIpmiSim(peer, bare);
    const clock = shiftedClock();
    await using session = await openBmc({ port: sim.port }, createIpmiDriver(clock));
    sim.signal("SIGSTOP");
    clock.advance(notTrusted);
    expect(await faultOf(give(session, "chassis.reset"))).toMatchObject({ kind: "timeout", written: false });
    sim.signal("SIGCONT");
    expect(await isOn(session)).toBe(true);
    expect(sim.journal()).toEqual([]);
  });

  test("a BMC that restarted has forgotten the session: the next read and the next command open a new one", async () => {
    await using sim = await startIpmiSim(peer, bare);
    const clock = shiftedClock();
    await using session = await openBmc({ port: sim.port }, createIpmiDriver(clock));
    await sim.restart();
    expect(await isOn(session)).toBe(true);
    await sim.restart();
    clock.advance(notTrusted);
    await give(session, "chassis.off");
    expect(sim.journal()).toEqual(["power 0"]);
  });

  test("where nobody listens is unreachable, at once", async () => {
    await using sim = await startIpmiSim(peer, bare);
    await sim.stop();
    const start = performance.now();
    expect((await faultOf(openBmc({ port: sim.port }))).kind).toBe("unreachable");
    expect(performance.now() - start).toBeLessThan(6_000);
  });

  test("a call that is given up ends at once, and the session goes on", async () => {
    await using sim = await startIpmiSim(peer, bare);
    await using session = await openBmc({ port: sim.port });
    sim.signal("SIGSTOP");
    const given = new AbortController();
    const read = faultOf(session.read([{ part: "chassis", point: "chassis.on" }], given.signal));
    given.abort();
    expect((await read).kind).toBe("timeout");
    sim.signal("SIGCONT");
    expect((await session.read([{ part: "chassis", point: "chassis.on" }], patience())).length).toBe(1);
  });
});
