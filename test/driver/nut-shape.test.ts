import fc from "fast-check";
import { expect, test } from "vitest";
import { pointSpec } from "#domain/capability.ts";
import { partPattern } from "#domain/device.ts";
import { describe as describeUps, shapeOf } from "#driver/nut/shape.ts";
import { planOf, readingsOf } from "#driver/nut/reading.ts";
import type { Facts } from "#driver/nut/fact.ts";
import { upsStatus } from "#domain/ups-status.ts";
import { valueOf } from "#driver/nut/value.ts";
import { nutOptions, serverOf } from "#driver/nut/option.ts";

const factsOf = (variables: ReadonlyMap<string, string>, more: Partial<Facts> = {}): Facts => ({
  variables,
  commands: [],
  writables: new Map(),
  settable: false,
  ...more,
});

const readAll = (variables: ReadonlyMap<string, string>): ReadonlyMap<string, unknown> => {
  const shape = shapeOf(factsOf(variables));
  const wanted = describeUps(shape, variables).parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));
  return new Map(readingsOf(planOf(wanted, shape), variables).map(({ part, point, value }) => [`${part} ${point}`, value]));
};

test.for([
  ["ups.charge", "100", 100],
  ["ups.charge", "0", 0],
  ["ups.charge", "255", undefined],
  ["ups.charge", "<85", undefined],
  ["ups.runtime", "0", 0],
  ["ups.runtime", "65535", undefined],
  ["ups.runtime", "65536", 65536],
  ["ups.runtime", "-1", undefined],
  ["ups.runtime", "4294967295", undefined],
  ["ups.load", "130.5", 130.5],
  ["meter.voltage", "01200.20", 1200.2],
  ["meter.voltage", "1,2", undefined],
  ["meter.voltage", "1e3", undefined],
  ["meter.voltage", "230 V", undefined],
  ["meter.current", "-4.5", -4.5],
  ["meter.powerFactor", "85", undefined],
  ["sensor.temperature", "-1", -1],
  ["sensor.temperature", "N/A", undefined],
  ["sensor.temperature", "", undefined],
  ["outlet.on", "ON", true],
  ["outlet.on", "off", false],
  ["outlet.on", "unknown", undefined],
  ["ups.beeper", "muted", "muted"],
  ["ups.beeper", "loud", undefined],
  ["ups.testResult", " Done and passed ", "Done and passed"],
  ["ups.testResult", "N/A", undefined],
  ["ups.shutdownPending", "20", true],
  ["ups.shutdownPending", "0.5", true],
  ["ups.shutdownPending", "0", false],
  ["ups.shutdownPending", "-1", false],
  ["ups.shutdownPending", "-60", false],
  ["ups.shutdownPending", "65535", false],
  ["ups.shutdownPending", "soon", undefined],
  ["ups.nominalPower", "0900", 900],
  ["ups.batteryDate", "not set", undefined],
  ["variable.number", "-1", -1],
  ["variable.number", "0", 0],
  ["variable.number", "4294967295", undefined],
  ["variable.text", " 2024 ", "2024"],
  ["variable.choice", "020", "020"],
] as const)("%s of %j reads %j", ([point, text, value]) => {
  expect(valueOf(point, text)).toBe(value);
});

const knownWords = ["OL", "OB", "LB", "RB", "OVER", "CHRG", "CAL", "TEST", "BYPASS", "FSD", "OFF"];
const statusWord = fc.oneof(fc.constantFrom(...knownWords), fc.stringMatching(/^[!-~]{1,12}$/));

test("no status word is lost, added or moved, whatever the words", () => {
  let words = 0;
  fc.assert(
    fc.property(fc.array(statusWord, { minLength: 1 }), (status) => {
      const read = readAll(new Map([["ups.status", ` ${status.join("  ")} `]]));
      if (/^(n\/?a|unknown)$/i.test(status.join(" "))) return;
      if (!status.includes("NOCOMM")) expect(read.get("ups ups.status")).toEqual(status);
      const meant = upsStatus("ups", status);
      for (const { point, value } of meant) expect(read.get(`ups ${point}`)).toEqual(value);
      expect(read.size).toBe(meant.length);
      words += status.length;
    }),
  );
  expect(words).toBeGreaterThan(200);
});

test("whatever variables a server makes up, every part and reading fits the catalogue", () => {
  const collection = fc.constantFrom("input", "output", "outlet.3", "outlet.0", "ambient", "battery", "ups", "input.L1");
  const detail = fc.constantFrom("voltage", "realpower", "status", "desc", "load", "temperature", "charge");
  const name = fc.oneof(
    fc.string(),
    fc.tuple(collection, detail).map((words) => words.join(".")),
  );
  const value = fc.oneof(fc.string(), fc.constantFrom("on", "off", "N/A", "-1", "4294967295"), fc.double().map(String), fc.integer().map(String));
  let readings = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (entries) => {
      const variables = new Map(entries);
      const shape = shapeOf(factsOf(variables));
      for (const { id, points } of describeUps(shape, variables).parts) {
        expect(id).toMatch(partPattern);
        expect(new Set(points).size).toBe(points.length);
      }
      for (const [key, read] of readAll(variables)) {
        const spec = pointSpec(key.slice(key.indexOf(" ") + 1) as "meter.power");
        expect(typeof read).toBe(spec.type === "number" ? "number" : spec.type === "flag" ? "boolean" : spec.type === "words" ? "object" : "string");
        if (typeof read === "number") expect(Number.isFinite(read)).toBe(true);
        readings++;
      }
    }),
    { numRuns: 2000 },
  );
  expect(readings).toBeGreaterThan(200);
});

test("an outlet is switched only when it can be read back and says nothing against it", () => {
  const said = { "1.status": "on", "2.realpower": "5", "3.status": "on", "3.switchable": "no", "4.status": "N/A" };
  const variables = new Map(Object.entries(said).map(([name, value]) => [`outlet.${name}`, value]));
  const commands = ["1", "2", "3", "4", "5"].map((number) => `outlet.${number}.load.off`);
  const shape = shapeOf(factsOf(variables, { commands }));
  expect([...shape].filter(([part]) => part.startsWith("outlet/")).map(([part, { commands }]) => [part, [...commands.keys()]])).toEqual([
    ["outlet/1", ["outlet.off"]],
    ["outlet/2", []],
    ["outlet/3", []],
    ["outlet/4", ["outlet.off"]],
  ]);
});

test("three phases are parts of their own, in natural order", () => {
  const variables = new Map(["outlet.10.status", "outlet.2.status", "input.L2.current", "input.L1.current"].map((name) => [name, "1"]));
  expect([...shapeOf(factsOf(variables)).keys()]).toEqual(["input/L1", "input/L2", "outlet/2", "outlet/10"]);
});

test("options: defaults, a password that does not print, and no key that is not known", () => {
  const options = nutOptions.parse({ host: "nas", ups: "office", username: "admin", password: "correct horse" });
  expect(options).toMatchObject({ port: 3493, tls: "off" });
  expect(JSON.stringify(serverOf(options))).not.toContain("horse");
  expect(serverOf(options).password?.reveal()).toBe("correct horse");
  for (const wrong of [{ host: "nas" }, { host: "nas", ups: "a b" }, { host: "nas", ups: "x", pasword: "y" }, { host: "nas", ups: "x", tls: "maybe" }])
    expect(nutOptions.safeParse(wrong).success).toBe(false);
});
