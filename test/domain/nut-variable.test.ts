import fc from "fast-check";
import { expect, test } from "vitest";
import { isPointName } from "#domain/capability.ts";
import { partPattern } from "#domain/device.ts";
import { nutTable } from "#domain/nut-table.ts";
import { describeVariable, isAside, nameOf, targetOf, unitOf, variablePart, variablesOf } from "#domain/nut-variable.ts";

test.for([
  ["output.realpower", "output", "meter.power"],
  ["ups.realpower", "output", "meter.power"],
  ["input.L2.current", "input/L2", "meter.current"],
  ["input.L1-N.voltage", "input/L1", "meter.voltage"],
  ["output.L3-L1.voltage", "output/L3-L1", "meter.voltage"],
  ["input.2.voltage", "input/2", "meter.voltage"],
  ["outlet.12.current", "outlet/12", "meter.current"],
  ["outlet.group.1.current", "outlet-group/1", "meter.current"],
  ["outlet.group.2.status", "outlet-group/2", "outlet.on"],
  ["ambient.1.humidity", "ambient/1", "sensor.humidity"],
  ["ups.power.nominal", "ups", "ups.nominalApparentPower"],
  ["ups.realpower.nominal", "ups", "ups.nominalPower"],
  ["battery.date", "ups", "ups.batteryDate"],
  ["battery.mfr.date", "ups", "ups.batteryDate"],
  ["ups.alarm", "ups", "ups.alarmText"],
  ["input.transfer.reason", "ups", "ups.lastTransferReason"],
  ["ups.timer.shutdown", "ups", "ups.shutdownPending"],
  ["beeper.status", "ups", "ups.beeper"],
] as const)("%s belongs to %s", ([variable, part, point]) => {
  expect(targetOf(variable)).toMatchObject({ part, point });
  expect(part).toMatch(partPattern);
});

test.for([
  "outlet.0.status",
  "outlet.00.status",
  "outlet.status",
  "input.voltage.nominal",
  "input.transfer.low",
  "input.bypass.voltage",
  "output.inverter.L1.current",
  "input.N.current",
  "input.1.transfer.reason",
  "driver.name",
  "constructor",
  "input.constructor",
  "outlet.1.constructor",
  "device.model",
])("%s is no point", (variable) => {
  expect(targetOf(variable)).toBeUndefined();
});

test.for([
  ["ups.delay.shutdown", "s"],
  ["input.bypass.L1-N.voltage", "V"],
  ["input.bypass.switchable", "text"],
  ["output.L2.power.percent", "%"],
  ["ambient.3.temperature.high.critical", "°C"],
  ["outlet.group.1.current.high.warning", "A"],
  ["battery.energysave.delay", "min"],
  ["device.part", "text"],
  ["input.phases", "number"],
  ["vendor.specific", undefined],
] as const)("%s is in %s", ([variable, unit]) => {
  expect(unitOf(variable)).toBe(unit);
});

test("what a variable is called, for a person", () => {
  expect(describeVariable("input.transfer.low")).toBe("Input: voltage below which it goes to battery");
  expect(describeVariable("outlet.group.2.delay.start")).toBe("Outlet group 2: wait before it is switched on again");
  expect(describeVariable("input.bypass.L1.current")).toBe("Input bypass L1: current");
  expect(describeVariable("vendor.specific")).toBeUndefined();
});

/** Every name that the table can make, with numbers and phases where there may be some. */
const names: readonly string[] = Object.entries(nutTable).flatMap(([collection, section]) =>
  Object.keys(section).flatMap((detail) => {
    const counts: Readonly<Record<string, readonly string[]>> = {
      input: ["", ".1", ".L1", ".L1-N", ".L2-L3"],
      output: ["", ".L3", ".L1-N"],
      ambient: ["", ".2"],
      outlet: [".7", ".group.3"],
    };
    return (counts[collection] ?? [""]).map((count) => `${collection}${count}.${detail}`);
  }),
);

test("what gives a point is found again under the name that NUT's clients look for, and gives the same", () => {
  let found = 0;
  for (const name of names) {
    const target = targetOf(name);
    if (!target) continue;
    expect(isPointName(target.point), name).toBe(true);
    expect(target.part, name).toMatch(partPattern);
    const back = variablesOf(target.part, target.point);
    for (const one of back) expect(targetOf(one), `${name} → ${one}`).toMatchObject({ part: target.part, point: target.point });
    if (back.length > 0) found++;
    else expect(target.point, name).toBe("ups.shutdownPending");
  }
  expect(found).toBeGreaterThan(60);
});

test.for([
  ["output", "meter.power", ["output.realpower", "ups.realpower"]],
  ["output/L1", "meter.voltage", ["output.L1-N.voltage"]],
  ["output/L1", "meter.current", ["output.L1.current"]],
  ["outlet/3", "outlet.on", ["outlet.3.status"]],
  ["outlet/3", "outlet.label", ["outlet.3.desc"]],
  ["outlet-group/3", "meter.power", ["outlet.group.3.realpower"]],
  ["ups", "ups.charge", ["battery.charge"]],
  ["ups", "sensor.temperature", ["ups.temperature"]],
  ["battery", "sensor.temperature", ["battery.temperature"]],
  ["ups", "ups.batteryDate", ["battery.date"]],
  ["variable/ups.delay.start", "variable.number", ["ups.delay.start"]],
  ["sensor/cpu", "sensor.temperature", []],
  ["outlet", "outlet.on", []],
  ["constructor", "meter.power", []],
] as const)("%s %s is published as %j", ([part, point, variables]) => {
  expect(variablesOf(part, point)).toEqual(variables);
});

test("every variable that has no point has a unit of its own, or says that it is text; and a part", () => {
  for (const name of names) {
    expect(unitOf(name), name).toBeDefined();
    expect(variablePart(name), name).toBe(`variable/${name}`);
    expect(nameOf(`variable/${name}`)).toBe(name);
  }
  expect(names.length).toBeGreaterThan(500);
});

test("identity, settings of the driver and the server's own are aside; what a person may want is not", () => {
  for (const name of ["device.model", "ups.serial", "driver.parameter.port", "driver.version.internal", "driver.flag.x", "driver.debug", "server.info"])
    expect(isAside(name), name).toBe(true);
  for (const name of ["driver.name", "driver.version", "driver.state", "device.type", "ups.id", "outlet.1.delay.start"])
    expect(isAside(name), name).toBe(false);
});

test("whatever a server calls its variables, a part of ours is well formed or there is none", () => {
  let parts = 0;
  const word = fc.oneof(fc.constantFrom("input", "output", "outlet", "group", "ambient", "ups", "L1", "L1-N", "0", "3", "voltage", "status"), fc.string());
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
      const name = words.join(".");
      const target = targetOf(name);
      if (target) expect(target.part).toMatch(partPattern);
      const part = variablePart(name);
      if (part !== undefined) {
        expect(part).toMatch(partPattern);
        expect(nameOf(part)).toBe(name);
        parts++;
      }
      expect(typeof isAside(name)).toBe("boolean");
    }),
    { numRuns: 2000 },
  );
  expect(parts).toBeGreaterThan(200);
});
