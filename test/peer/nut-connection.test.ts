import { expect, test } from "vitest";
import { createNutDriver } from "#driver/nut/nut-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { allPoints, faultOf, openUps, soon } from "./nut-open.ts";
import { startNutProxy } from "./nut-proxy.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const admin = { username: "admin", password: "correct horse" };
const plain = { variables: { "ups.status": "OL", "ups.load": "12", "battery.charge": "100" }, commands: ["beeper.mute"] };

describeWithPeer("connections to a real upsd", await debianPackages("nut-server"), (peer) => {
  test("all UPSs of a server share one connection, which closes with the last of them", async () => {
    await using upsd = await startUpsd(peer, { upses: { one: plain, two: plain } });
    await using proxy = await startNutProxy(upsd.port);
    const driver = createNutDriver(systemClock);
    const [one, two] = await Promise.all(["one", "two"].map((ups) => openUps({ port: proxy.port, ups, ...admin }, driver)));
    await Promise.all([one?.everything(), two?.everything()]);
    expect(proxy).toMatchObject({ made: 1, open: 1 });
    await one?.[Symbol.asyncDispose]();
    await one?.[Symbol.asyncDispose]();
    expect((await two?.everything())?.get("ups ups.load")).toBe(12);
    await two?.[Symbol.asyncDispose]();
    await until(() => proxy.open === 0, "the connection is closed");
    expect(proxy).toMatchObject({ made: 1 });
    expect(proxy.sent.at(-1)).toBe("LOGOUT\n");
  });

  test("another login is another connection", async () => {
    await using upsd = await startUpsd(peer, { upses: { one: plain } });
    await using proxy = await startNutProxy(upsd.port);
    const driver = createNutDriver(systemClock);
    await using first = await openUps({ port: proxy.port, ups: "one", ...admin }, driver);
    await using second = await openUps({ port: proxy.port, ups: "one", username: "muter", password: "mute" }, driver);
    await Promise.all([first.everything(), second.everything()]);
    expect(proxy.made).toBe(2);
  });

  test("the password travels with the first command and not before, and once", async () => {
    await using upsd = await startUpsd(peer, { upses: { one: plain } });
    await using proxy = await startNutProxy(upsd.port);
    await using ups = await openUps({ port: proxy.port, ups: "one", ...admin });
    await ups.everything();
    expect(proxy.sent.join("")).not.toContain("horse");
    await ups.execute("ups", "ups.beeperMute");
    await ups.execute("ups", "ups.beeperMute");
    expect(proxy.sent.join("").match(/PASSWORD "correct horse"/g)).toHaveLength(1);
    expect(upsd.driver("one").given).toHaveLength(2);
  });

  test("300 UPSs are polled in one write, by one connection", async (context) => {
    const names = Array.from({ length: 300 }, (_, at) => `ups${at}`);
    const variables = { ...plain.variables, ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`driver.parameter.p${at}`, `value ${at}`])) };
    const upses = Object.fromEntries(names.map((name, at) => [name, { variables: { ...variables, "ups.load": String(at % 100) } }]));
    await using upsd = await startUpsd(peer, { upses });
    await using proxy = await startNutProxy(upsd.port);
    const driver = createNutDriver(systemClock);
    const all = await Promise.all(names.map((ups) => openUps({ port: proxy.port, ups }, driver)));
    const wanted = await Promise.all(all.map(async ({ session }) => allPoints(await session.describe(soon(20_000)))));
    const before = proxy.sent.length;
    const times: number[] = [];
    for (let round = 0; round < 10; round++) {
      const start = performance.now();
      const answers = await Promise.all(all.map(({ session }, at) => session.read(wanted[at] ?? [], soon(20_000))));
      times.push(performance.now() - start);
      expect(answers.map((readings) => readings.find(({ point }) => point === "ups.load")?.value)).toEqual(names.map((_, at) => at % 100));
    }
    times.sort((a, b) => a - b);
    void context.annotate(`300 UPSs with 43 variables, polled together: median ${times[5]?.toFixed(1)} ms, worst ${times[9]?.toFixed(1)} ms`);
    // 300 requests are 7 kB: one write, which the proxy may see in a few reads.
    expect(proxy.sent.length - before).toBeLessThanOrEqual(20);
    expect(proxy.made).toBe(1);
    await Promise.all(all.map((ups) => ups[Symbol.asyncDispose]()));
  });

  test("a server that goes away is unreachable for all its UPSs at once, and a new session works when it is back", async () => {
    await using upsd = await startUpsd(peer, { upses: { one: plain, two: plain } });
    const driver = createNutDriver(systemClock);
    const sessions = await Promise.all(["one", "two"].map((ups) => openUps({ port: upsd.port, ups }, driver)));
    await Promise.all(sessions.map((ups) => ups.everything()));
    await upsd.stop();
    for (const ups of sessions) expect(await faultOf(ups.everything())).toMatchObject({ kind: "unreachable" });
    await Promise.all(sessions.map((ups) => ups[Symbol.asyncDispose]()));
    const refused = await faultOf(openUps({ port: upsd.port, ups: "one" }, driver));
    expect(refused.kind).toBe("unreachable");
    expect(refused.message).toContain("nothing listens there");
    await upsd.start();
    await using again = await openUps({ port: upsd.port, ups: "one" }, driver);
    expect((await again.everything()).get("ups ups.onBattery")).toBe(false);
  });

  test("new sessions do not wait for the old ones of a lost connection to be disposed", async () => {
    await using upsd = await startUpsd(peer, { upses: { one: plain, two: plain } });
    await using proxy = await startNutProxy(upsd.port);
    const driver = createNutDriver(systemClock);
    await using one = await openUps({ port: proxy.port, ups: "one" }, driver);
    await one.everything();
    proxy.cut();
    expect(await faultOf(one.everything())).toMatchObject({ kind: "unreachable" });
    await using two = await openUps({ port: proxy.port, ups: "two" }, driver);
    await two.everything();
    expect(proxy.made).toBe(2);
    await one[Symbol.asyncDispose]();
    expect((await two.everything()).size).toBeGreaterThan(0);
  });

  test("a command whose answer is lost has left once, and says so", async () => {
    await using upsd = await startUpsd(peer, { upses: { one: plain } });
    await using proxy = await startNutProxy(upsd.port);
    await using ups = await openUps({ port: proxy.port, ups: "one", ...admin });
    await ups.describe();
    await ups.execute("ups", "ups.beeperMute");
    proxy.mute();
    const fault = faultOf(ups.execute("ups", "ups.beeperMute"));
    await until(() => upsd.driver("one").given.length === 2, "the command reaches the driver");
    proxy.cut();
    expect(await fault).toMatchObject({ kind: "unreachable", written: true });
    expect(await faultOf(ups.execute("ups", "ups.beeperMute"))).toMatchObject({ kind: "unreachable", written: false });
    expect(upsd.driver("one").given).toHaveLength(2);
  });
});
