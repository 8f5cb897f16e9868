import { describe, expect, test } from "vitest";
import type { PartDescription } from "#domain/device.ts";
import { key, upsPart, withUps } from "./told-double.ts";

const variable = (name: string, type: "number" | "choice" | "text", limits?: PartDescription["limits"]): PartDescription => ({
  id: `variable/${name}`,
  points: [`variable.${type}`],
  commands: ["variable.set"],
  ...(limits && { limits }),
});
const delay = variable("delay", "number", { unit: "s", least: 0, most: 600, step: 5 });
const tenths = variable("tenths", "number", { least: 0.1, most: 1, step: 0.1 });
const any = variable("any", "number");
const sensitivity = variable("sensitivity", "choice", { options: ["low", "medium", "high"] });
const taps = variable("taps", "choice", { options: ["1", "2.50"] });
const name = variable("name", "text", { longest: 8 });
const parts = [upsPart(["ups.testing", "ups.off"], "ups.test", "ups.loadOn"), delay, tenths, any, sensitivity, taps, name];
const values = {
  [key("ups", "ups.testing")]: false,
  [key("ups", "ups.off")]: false,
  [key(delay.id, "variable.number")]: 20,
  [key(tenths.id, "variable.number")]: 0.5,
  [key(any.id, "variable.number")]: -1,
  [key(sensitivity.id, "variable.choice")]: "low",
  [key(taps.id, "variable.choice")]: "1",
  [key(name.id, "variable.text")]: "old     ",
};

describe("the value of a command", () => {
  test.each([
    ["ups", "ups.test", 5, "ups.test takes no value"],
    ["ups", "ups.loadOn", "soon", "expected is a number from 0 s"],
    ["ups", "ups.loadOn", -1, "expected is a number from 0 s"],
    [delay.id, "variable.set", undefined, "needs a value: expected is a number from 0 to 600 s in steps of 5"],
    [delay.id, "variable.set", 605, "does not take 605: expected is a number from 0 to 600 s in steps of 5"],
    [delay.id, "variable.set", -5, "from 0 to 600"],
    [delay.id, "variable.set", 7, "in steps of 5"],
    [delay.id, "variable.set", "", "from 0 to 600"],
    [delay.id, "variable.set", "0x10", 'does not take "0x10"'],
    [delay.id, "variable.set", "1e2", "from 0 to 600"],
    [delay.id, "variable.set", " 20", "from 0 to 600"],
    [any.id, "variable.set", "Infinity", "expected is a number"],
    [any.id, "variable.set", Number.NaN, "expected is a number"],
    [tenths.id, "variable.set", 0.25, "steps of 0.1"],
    [sensitivity.id, "variable.set", "High", 'expected is one of "low", "medium", "high"'],
    [sensitivity.id, "variable.set", 1, "one of"],
    [name.id, "variable.set", "rack no 12", "of at most 8 characters"],
    [name.id, "variable.set", "a\nFSD x", "a text of one line"],
    [name.id, "variable.set", undefined, "needs a value"],
  ] as const)("%s %s %j is refused, says what was expected, and nothing is sent", (part, command, value, says) =>
    withUps(parts, values, async ({ ups, ask }) => {
      const outcome = await ask(part, command, value === undefined ? {} : { value });
      expect(outcome).toMatchObject({ state: "refused", refusal: "wrong-value", writes: 0 });
      expect(outcome.detail).toContain(says);
      expect(ups.writes).toEqual([]);
    }),
  );

  test.each([
    ["ups", "ups.loadOn", "30", 30],
    [delay.id, "variable.set", 600, 600],
    [delay.id, "variable.set", "120", 120],
    [delay.id, "variable.set", 0, 0],
    [tenths.id, "variable.set", 0.3, 0.3],
    [tenths.id, "variable.set", "0.7", 0.7],
    [tenths.id, "variable.set", 0.1 + 0.2, 0.3],
    [any.id, "variable.set", -2.5, -2.5],
    [sensitivity.id, "variable.set", "high", "high"],
    [taps.id, "variable.set", 2.5, "2.50"],
    [name.id, "variable.set", 12, "12"],
    [name.id, "variable.set", "größer 8", "größer 8"],
    [name.id, "variable.set", "", ""],
  ] as const)("%s %s %j reaches the driver as %j, once, and is written down as it was asked", (part, command, value, told) =>
    withUps(parts, { ...values, [key("ups", "ups.off")]: true }, async ({ rack, ups, ask }) => {
      const { act } = ups;
      ups.act = (given, double) => {
        act(given, double);
        if (given.name === "ups.loadOn") ups.values.set(key("ups", "ups.off"), false);
      };
      expect(await ask(part, command, { value })).toMatchObject({ state: "confirmed", writes: 1, command: { value } });
      expect(ups.writes).toEqual([[command, told]]);
      expect(rack.engine.bus.outcomes({ limit: 1 })[0]?.command).toMatchObject({ value });
    }),
  );

  test("may be left out where it only may come", () =>
    withUps(parts, { ...values, [key("ups", "ups.off")]: true }, async ({ ups, ask }) => {
      ups.act = () => void ups.values.set(key("ups", "ups.off"), false);
      expect(await ask("ups", "ups.loadOn")).toMatchObject({ state: "confirmed" });
      expect(ups.writes).toEqual([["ups.loadOn"]]);
    }));
});

describe("a variable", () => {
  test.each([
    [delay.id, 20],
    [delay.id, "20"],
    [delay.id, "20.0"],
    [sensitivity.id, "low"],
    [name.id, "old"],
  ] as const)("%s that reads %j already is confirmed and not written", (part, value) =>
    withUps(parts, values, async ({ ups, ask }) => {
      expect(await ask(part, "variable.set", { value })).toMatchObject({ state: "confirmed", writes: 0, detail: "it was so already" });
      expect(ups.writes).toEqual([]);
    }),
  );

  test("that the device rounds within its step is taken; another value is not, and neither is none", () =>
    withUps(parts, values, async ({ ups, ask }) => {
      ups.act = () => void ups.values.set(key(delay.id, "variable.number"), 122);
      expect(await ask(delay.id, "variable.set", { value: 120 })).toMatchObject({ state: "confirmed", writes: 1 });
      ups.act = () => void ups.values.set(key(delay.id, "variable.number"), 123);
      expect(await ask(delay.id, "variable.set", { value: 240 })).toMatchObject({ state: "unconfirmed", writes: 1 });
      ups.act = () => void ups.values.delete(key(delay.id, "variable.number"));
      expect(await ask(delay.id, "variable.set", { value: 0 })).toMatchObject({ state: "unconfirmed", writes: 1 });
      expect(ups.writes).toHaveLength(3);
    }));

  test("without a step is taken to the last digit that is shown", () =>
    withUps(parts, values, async ({ ups, ask }) => {
      ups.act = () => void ups.values.set(key(any.id, "variable.number"), 0.3004);
      expect(await ask(any.id, "variable.set", { value: 0.3 })).toMatchObject({ state: "confirmed" });
      ups.act = () => void ups.values.set(key(any.id, "variable.number"), 0.41);
      expect(await ask(any.id, "variable.set", { value: 0.4 })).toMatchObject({ state: "unconfirmed" });
    }));
});
