import { expect, test } from "vitest";
import { createPwrstatDriver } from "#driver/pwrstat/pwrstat-driver.ts";
import { type EngineRig, startEngine } from "#test/peer/engine-rig.ts";
import { until } from "#test/peer/until.ts";
import { answerOf, full, startDaemon } from "#test/transport/pwrstat-double.ts";
import type { Way } from "./pwrstat-open.ts";
import { createProgram, type FakeProgram } from "./pwrstat-program.ts";
import { common, printed, seen } from "./pwrstat-text.ts";

const start = async (rig: EngineRig, way: Way): Promise<void> => {
  const driver = createPwrstatDriver();
  const settings = { id: "ups", driver: "pwrstat", fedBy: [], interval: 0.1, parts: {} };
  rig.engine.start({ settings, driver, options: driver.options.parse(way) });
  await rig.online("ups");
};
const calls = async (program: FakeProgram, wanted: RegExp): Promise<readonly string[]> => (await program.calls()).filter((call) => wanted.test(call));

test("commands are confirmed by what the UPS then shows, or by its daemon's configuration", async () => {
  await using program = await createProgram();
  await using rig = startEngine();
  await start(rig, { program: program.path });
  expect(rig.value("ups", "ups", "ups.beeper")).toBe("enabled");
  expect(await rig.drive("ups", "ups", "ups.test")).toMatchObject({ state: "confirmed", writes: 1 });
  expect(rig.value("ups", "ups", "ups.testing")).toBe(true);
  expect(await rig.drive("ups", "ups", "ups.beeperOff")).toMatchObject({ state: "confirmed", writes: 1 });
  expect(rig.value("ups", "ups", "ups.beeper")).toBe("disabled");
  expect(await rig.drive("ups", "ups", "ups.beeperOff")).toMatchObject({ state: "confirmed", writes: 0 });
  expect(await calls(program, /test|alarm/)).toEqual(["-test", "-alarm off"]);
});

test("a test that ended before anybody looked is seen by its result", async () => {
  await using program = await createProgram();
  await program.prints("testing", printed({ ...common, "Test Result": "Passed at 2026/11/20 10:00:00" }));
  await using rig = startEngine();
  await start(rig, { program: program.path });
  expect(await rig.drive("ups", "ups", "ups.test")).toMatchObject({ state: "confirmed", writes: 1 });
});

test("what the program refuses is not confirmed, and is not sent again", async () => {
  await using program = await createProgram();
  await program.prints("alarm", "Setup failed.\n");
  await program.prints("config-off", "Daemon Configuration:\n\nAlarm ............ On\n");
  await using rig = startEngine();
  await start(rig, { program: program.path });
  expect(await rig.drive("ups", "ups", "ups.beeperOff")).toMatchObject({ state: "failed", writes: 1 });
  expect(await calls(program, /alarm/)).toEqual(["-alarm off"]);
}, 40_000);

test("the link is lost on battery: never the last value; and the daemon ends and comes back", async () => {
  await using daemon = await startDaemon();
  const whole = daemon.reply;
  await using rig = startEngine();
  await start(rig, { socket: daemon.path });
  expect(rig.value("ups", "ups", "ups.charge")).toBe(97);
  daemon.reply = (socket) => void socket.write(answerOf({ ...full, ac_present: "no", battery_charging: "no", battery_discharging: "yes", utility_volt: "0" }));
  await until(() => rig.value("ups", "ups", "ups.onBattery") === true, "on battery");
  daemon.reply = (socket) => void socket.write(answerOf({ state: "5", power_event_result: "2", ac_present: "no" }));
  await until(() => rig.value("ups", "ups", "ups.communicationLost") === true, "lost");
  expect(rig.value("ups", "ups", "ups.state")).toBe("communication-lost");
  for (const point of ["ups.onBattery", "ups.charge", "ups.load"] as const) expect(rig.value("ups", "ups", point)).toBeUndefined();
  daemon.reply = (socket) => void socket.destroy();
  await until(() => rig.state("ups") !== "online", "offline");
  daemon.reply = whole;
  await until(() => rig.value("ups", "ups", "ups.charge") === 97, "back");
  expect(rig.value("ups", "ups", "ups.onBattery")).toBe(false);
});

test("a UPS that was not there at the start has all its points when it comes", async () => {
  await using program = await createProgram();
  await program.prints("status", printed(seen["no UPS at all"]));
  await using rig = startEngine();
  const coming = start(rig, { program: program.path });
  await until(() => rig.lines.some((line) => line.includes("Lost Communication")), "the reason was logged");
  await program.prints("status", printed(common));
  await coming;
  expect(rig.value("ups", "output", "meter.power")).toBe(324);
});
