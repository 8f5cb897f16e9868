import { existsSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { CommandName } from "#domain/capability.ts";
import type { Session } from "#driver/contract.ts";
import { createPwrstatDriver } from "#driver/pwrstat/pwrstat-driver.ts";
import { allPoints, faultOf, soon } from "#test/peer/nut-open.ts";
import { until } from "#test/peer/until.ts";
import { everything, openPwrstat, valuesOf } from "./pwrstat-open.ts";
import { createProgram } from "./pwrstat-program.ts";
import { printed, seen } from "./pwrstat-text.ts";

const act = async (session: Session, name: CommandName, signal = soon()): Promise<void> =>
  await session.execute?.({ device: "test", part: "ups", name, by: { via: "mqtt" } }, signal);

/** Neither running nor dead and not yet taken note of by its parent, which init may take a moment to do. */
const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
const isChild = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && new RegExp(`^PPid:\\s+${process.pid}$`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"));

test("describes and reads a UPS by the program", async () => {
  await using program = await createProgram();
  await using session = await openPwrstat({ program: program.path });
  const description = await session.describe(soon());
  expect(description).toMatchObject({ manufacturer: "CyberPower", model: "CP1500AVRLCDa", firmware: "CTHFU2000557" });
  expect(description.parts.map(({ id }) => id)).toEqual(["ups", "input", "output", "variable/input.voltage.nominal", "variable/last-power-event"]);
  expect(description.parts[0]?.commands).toEqual(["ups.test", "ups.beeperOn", "ups.beeperOff", "ups.beeperMute"]);
  expect(await everything(session)).toMatchObject({ "ups ups.charge": 100, "ups ups.beeper": "enabled", "output meter.power": 324 });
  expect(new Set(await program.calls())).toEqual(new Set(["-status", "-config"]));
});

test("the beeper alone, and what is not it, cost one call each", async () => {
  await using program = await createProgram();
  await using session = await openPwrstat({ program: program.path });
  expect(valuesOf(await session.read([{ part: "ups", point: "ups.beeper" }], soon()))).toEqual({ "ups ups.beeper": "enabled" });
  expect(valuesOf(await session.read([{ part: "ups", point: "ups.load" }], soon()))).toEqual({ "ups ups.load": 36 });
  expect(await session.read([], soon())).toEqual([]);
  expect(await program.calls()).toEqual(["-config", "-status"]);
});

test("a test shows at once; what the program says to a refusal is passed on", async () => {
  await using program = await createProgram();
  await using session = await openPwrstat({ program: program.path });
  await act(session, "ups.test");
  expect(await everything(session)).toMatchObject({ "ups ups.testing": true, "ups ups.state": "test" });
  await act(session, "ups.beeperOff");
  expect(await everything(session)).toMatchObject({ "ups ups.beeper": "disabled" });
  await act(session, "ups.beeperMute");
  expect((await program.calls()).filter((call) => !/status|config/.test(call))).toEqual(["-test", "-alarm off", "-mute"]);
  await program.prints("test", "The UPS is not ready \u001b[31mto test.\nTry later.\n");
  expect(await faultOf(act(session, "ups.test"))).toMatchObject({
    kind: "rejected",
    written: true,
    message: 'pwrstat did not do it and says "The UPS is not ready ?[31mto test"',
  });
});

test.for(["ups.loadOff", "ups.shutdownReturn", "outlet.off"] as const)("%s is not among what it takes, and nothing is called", async (name) => {
  await using program = await createProgram();
  await using session = await openPwrstat({ program: program.path });
  expect(await faultOf(act(session, name))).toMatchObject({ kind: "unsupported", written: false });
  expect(await program.calls()).toEqual([]);
});

test("two hundred readers at once are one call, of two devices too", async () => {
  await using program = await createProgram();
  await program.dawdles();
  const driver = createPwrstatDriver();
  await using one = await openPwrstat({ program: program.path }, driver);
  await using two = await openPwrstat({ program: program.path }, driver);
  const wanted = [{ part: "ups", point: "ups.load" }] as const;
  const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? one : two).read(wanted, soon())));
  expect(new Set(answers.map((readings) => readings[0]?.value))).toEqual(new Set([36]));
  expect(await program.calls()).toEqual(["-status"]);
});

test("whatever comes at the same time, never two run side by side", async () => {
  await using program = await createProgram();
  await program.dawdles();
  await using session = await openPwrstat({ program: program.path });
  await Promise.all([session.describe(soon()), act(session, "ups.test"), everything(session), act(session, "ups.beeperOn"), act(session, "ups.beeperOn")]);
  expect((await program.calls()).length).toBeGreaterThanOrEqual(5);
  expect(await program.overlapped()).toBe(false);
});

test("a program that hangs is ended with all that it started, and the next call works", async () => {
  await using program = await createProgram();
  await program.hangs();
  await using session = await openPwrstat({ program: program.path });
  for (let times = 0; times < 3; times++) {
    const stop = new AbortController();
    const answer = session.describe(stop.signal);
    await until(async () => (await program.pids()).length === 2 * (times + 1), "it and its child run");
    expect((await program.pids()).slice(-2).map(isGone)).toEqual([false, false]);
    stop.abort(new Error("stopped"));
    await expect(answer).rejects.toThrow("stopped");
    await until(async () => (await program.pids()).every(isGone), "both are gone");
  }
  expect((await program.pids()).filter(isChild)).toEqual([]);
  await program.works();
  expect(await everything(session)).toMatchObject({ "ups ups.charge": 100 });
});

test.concurrent("a program that hangs has five seconds, and a command may have acted", async () => {
  await using program = await createProgram();
  await program.hangs();
  await using session = await openPwrstat({ program: program.path });
  expect(await faultOf(act(session, "ups.test", soon(60_000)))).toMatchObject({ kind: "timeout", written: true });
  expect((await program.pids()).filter(isChild)).toEqual([]);
  expect((await program.pids()).map(isGone)).toEqual([true, true]);
}, 30_000);

test.for([
  ["no daemon", "Daemon service is not found.\n", "unreachable", /^pwrstat finds no daemon: pwrstatd does not run, or this user may not talk to it$/],
  ["a lost link at the start", printed(seen["no UPS at all"]), "unreachable", /Lost Communication/],
  ["something else", "Segmentation fault\n", "malformed", /^pwrstat printed no status but "Segmentation fault"$/],
  ["nothing", "", "malformed", /^pwrstat printed nothing$/],
] as const)("%s", async ([, text, kind, words]) => {
  await using program = await createProgram();
  await program.prints("status", text);
  await using session = await openPwrstat({ program: program.path });
  expect(await faultOf(session.describe(soon()))).toMatchObject({ kind, written: false, message: expect.stringMatching(words) as string });
});

test("a link that is lost later: that is known, nothing else is, and it comes back", async () => {
  await using program = await createProgram();
  await using session = await openPwrstat({ program: program.path });
  const wanted = allPoints(await session.describe(soon()));
  expect(wanted.length).toBeGreaterThan(15);
  await program.prints("status", printed(seen["the link is lost"]));
  expect(valuesOf(await session.read(wanted, soon()))).toEqual({
    "ups ups.status": ["NOCOMM"],
    "ups ups.state": "communication-lost",
    "ups ups.communicationLost": true,
  });
  await program.works();
  await program.prints("status", printed(seen["on battery, the event goes on"]));
  expect(valuesOf(await session.read(wanted, soon()))).toMatchObject({ "ups ups.onBattery": true, "ups ups.communicationLost": false });
});

test("a program that is not there, or may not be run", async () => {
  await using program = await createProgram();
  await using missing = await openPwrstat({ program: `${program.path}-not` });
  expect(await faultOf(missing.describe(soon()))).toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("not installed, or not mounted here") as string,
  });
  const plain = join(dirname(program.path), "plain");
  await writeFile(plain, "#!/bin/sh\n");
  await chmod(plain, 0o644);
  await using forbidden = await openPwrstat({ program: plain });
  expect(await faultOf(forbidden.describe(soon()))).toMatchObject({ kind: "denied", message: expect.stringContaining("may not be run") as string });
});
