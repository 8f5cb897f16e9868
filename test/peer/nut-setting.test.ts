import { expect, test } from "vitest";
import type { Outcome, SocketDriverOptions } from "./nut-socket-driver.ts";
import { faultOf, openUps, soon } from "./nut-open.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const admin = { username: "admin", password: "correct horse" };
const muter = { username: "muter", password: "mute" };

/** How a driver ends what is set, by variable; all else is done. */
const ends: Readonly<Record<string, Outcome>> = { "battery.charge.low": 3, "ups.delay.start": "silence", "ups.test.interval": 2 };
const rack: SocketDriverOptions = {
  variables: {
    "ups.status": "OL",
    "ups.delay.shutdown": "020",
    "ups.delay.start": "30",
    "ups.id": 'Sierra "7" \\',
    "ups.test.interval": "1209600",
    "input.sensitivity": "medium",
    "input.transfer.low": "184",
    "output.voltage.nominal": "230",
    "battery.charge.low": "20",
    "battery.date": "2024-02-03",
    "outlet.1.switch": "on",
    "ups.start.auto": "yes",
    "battery.type": "PbAc",
    "battery.capacity": "7.2",
    "vendor.number": "12",
  },
  writables: {
    "ups.delay.shutdown": {},
    "ups.delay.start": {},
    "ups.id": { longest: 16 },
    "ups.test.interval": {},
    "input.sensitivity": { values: ["low", "medium", "high"], longest: 10 },
    "input.transfer.low": {
      ranges: [
        [160, 184],
        [188, 192],
      ],
    },
    "output.voltage.nominal": { values: ["220", "230", "240"] },
    "battery.charge.low": {},
    "battery.date": { longest: 10 },
    "outlet.1.switch": { values: ["on", "off"] },
    "ups.start.auto": {},
  },
  obey: (what) => ends[what.slice(0, what.indexOf("="))] ?? 0,
};

describeWithPeer("what can be set at a real upsd", await debianPackages("nut-server"), (peer) => {
  test("each variable says what it is, what it takes and whether this login may set it", async () => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    const { parts } = await ups.describe();
    const variables = parts.filter(({ id }) => id.startsWith("variable/"));
    const set = ["variable.set"];
    expect(Object.fromEntries(variables.map(({ id, points, commands, limits }) => [id.slice("variable/".length), [points[0], commands, limits]]))).toEqual({
      "battery.capacity": ["variable.number", [], { unit: "Ah" }],
      "battery.charge.low": ["variable.number", set, { unit: "%" }],
      "battery.date": ["variable.text", set, { longest: 10 }],
      "battery.type": ["variable.text", [], undefined],
      "input.sensitivity": ["variable.choice", set, { options: ["low", "medium", "high"] }],
      "input.transfer.low": ["variable.number", set, { unit: "V", least: 160, most: 192 }],
      "outlet.1.switch": ["variable.text", [], undefined],
      "output.voltage.nominal": ["variable.choice", set, { options: ["220", "230", "240"] }],
      "ups.delay.shutdown": ["variable.number", set, { unit: "s" }],
      "ups.delay.start": ["variable.number", set, { unit: "s" }],
      "ups.id": ["variable.text", set, { longest: 16 }],
      "ups.start.auto": ["variable.text", set, undefined],
      "ups.test.interval": ["variable.number", set, { unit: "s" }],
      "vendor.number": ["variable.number", [], undefined],
    });
    expect(upsd.driver("rack").given).toEqual([]);
  });

  test("what is a point elsewhere and can be set is read as both", async () => {
    await using upsd = await startUpsd(peer, { upses: { rack: { ...rack, variables: { ...rack.variables, "ups.timer.shutdown": "-1" } } } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    const read = await ups.everything();
    expect(read.get("ups ups.batteryDate")).toBe("2024-02-03");
    expect(read.get("variable/battery.date variable.text")).toBe("2024-02-03");
    expect(read.get("ups ups.shutdownPending")).toBe(false);
    expect(read.get("variable/ups.timer.shutdown variable.number")).toBe(-1);
    upsd.driver("rack").set({ "ups.timer.shutdown": "20" });
    await until(async () => (await ups.everything()).get("ups ups.shutdownPending") === true, "it counts");
  });

  test.for([{}, { username: "admin" }, { ...admin, password: "wrong" }, muter])("with %j the limits are known and nothing can be set", async (login) => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...login });
    const { parts } = await ups.describe();
    expect(parts.flatMap(({ commands }) => commands)).toEqual([]);
    expect(parts.find(({ id }) => id === "variable/input.sensitivity")?.limits?.options).toEqual(["low", "medium", "high"]);
    expect(await faultOf(ups.execute("variable/ups.id", "variable.set", soon(), "x"))).toMatchObject({ kind: "unsupported", written: false });
    expect(upsd.driver("rack").given).toEqual([]);
  });

  test.for([
    ["ups.delay.shutdown", "number", 45, 45, "45"],
    ["ups.id", "text", 'Rack "A" \\ 1', 'Rack "A" \\ 1', 'Rack "A" \\ 1'],
    ["input.sensitivity", "choice", "low", "low", "low"],
    ["input.transfer.low", "number", "190", 190, "190"],
    ["output.voltage.nominal", "choice", 240, "240", "240"],
    ["battery.date", "text", "2026-11-20", "2026-11-20", "2026-11-20"],
    ["ups.start.auto", "text", "no", "no", "no"],
  ] as const)("%s, a %s, takes %j and reads %j", async ([name, kind, value, read, written]) => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    await ups.execute(`variable/${name}`, "variable.set", soon(), value);
    expect(upsd.driver("rack").given).toEqual([`${name}=${written}`]);
    expect((await ups.read({ part: `variable/${name}`, point: `variable.${kind}` })).get(`variable/${name} variable.${kind}`)).toBe(read);
  });

  test.for([
    ["ups.id", "a name of more than 16 characters", "TOO-LONG"],
    ["input.transfer.low", 186, "INVALID-VALUE"],
    ["input.transfer.low", 200, "INVALID-VALUE"],
    ["input.sensitivity", "deaf", '"low", "medium", "high"'],
    ["output.voltage.nominal", 235, '"220", "230", "240"'],
    ["ups.delay.shutdown", "soon", "a number"],
    ["ups.delay.shutdown", undefined, "a value"],
    ["ups.id", "two\nlines", "control character"],
  ] as const)("%s refuses %j, and nothing reaches the driver", async ([name, value, says]) => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    const fault = await faultOf(ups.execute(`variable/${name}`, "variable.set", soon(), value));
    expect(fault).toMatchObject({ kind: "rejected", written: false });
    expect(fault.message).toContain(says);
    expect(upsd.driver("rack").given).toEqual([]);
  });

  test.for([
    ["battery.charge.low", "rejected", "FAILED"],
    ["ups.test.interval", "rejected", "INVALID-ARGUMENT"],
    ["ups.delay.start", "timeout", "had not said"],
  ] as const)("%s, which its driver does not set, is %s after one write", async ([name, kind, says]) => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    const fault = await faultOf(ups.execute(`variable/${name}`, "variable.set", soon(400), 7));
    expect(fault).toMatchObject({ kind, written: true });
    expect(fault.message).toContain(says);
    expect(upsd.driver("rack").given).toEqual([`${name}=7`]);
  });

  test("nothing is set at a driver that has died", async () => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using ups = await openUps({ port: upsd.port, ups: "rack", ...admin });
    await ups.describe();
    await upsd.driver("rack").kill();
    const refused = async (): Promise<boolean> => (await faultOf(ups.execute("variable/ups.delay.shutdown", "variable.set", soon(), 7))).kind === "unreachable";
    await until(refused, "upsd has noticed");
    expect(upsd.driver("rack").given).toEqual([]);
  });
});
