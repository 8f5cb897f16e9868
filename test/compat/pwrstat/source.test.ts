import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { statusText } from "#compat/pwrstat/status-text.ts";
import { readFields } from "#compat/pwrstat/field.ts";
import { eventText, testText } from "#compat/pwrstat/history-text.ts";
import { measuresOf } from "#compat/pwrstat/measure.ts";
import type { Reading } from "#domain/device.ts";
import { upsStatus } from "#domain/ups-status.ts";
import { wallClock } from "#platform/wall-clock.ts";
import { readListing } from "#driver/pwrstat/listing.ts";
import { printedFields } from "#transport/pwrstat/field.ts";
import { lose, setState, startRig, stateOf, storeWith } from "./rig.ts";
import { samples } from "./sample.ts";

const shown = (words: readonly string[], ...readings: readonly Reading[]): Readonly<Record<string, string>> | undefined => {
  const text = statusText(stateOf(storeWith({ model: "X", readings: [...upsStatus("ups", words), ...readings] })));
  const fields = text === undefined ? undefined : readFields(text, false);
  return fields && Object.fromEntries(fields);
};

test("each status in the vendor's words, or in ours where it has none; never Normal when it is not", () => {
  const rows: readonly (readonly [words: string, state: string | undefined, supply?: string])[] = [
    ["OL", "Normal", "Utility Power"],
    ["OL CHRG", "Normal", "Utility Power"],
    ["OL RB", "Normal", "Utility Power"],
    ["OL TEST", "Normal", "Utility Power"],
    ["OL CAL DISCHRG", "Normal", "Utility Power"],
    ["OB", "Power Failure", "Battery Power"],
    ["OB LB", "Power Failure", "Battery Power"],
    ["OB FSD", "Power Failure", "Battery Power"],
    ["OL FSD", "Shutting Down", "Utility Power"],
    ["OL BYPASS", "Bypass", "Utility Power"],
    ["OFF", "Output Off"],
    ["OL OFF", "Output Off"],
    ["LB", undefined],
    ["RB", undefined],
    ["", undefined],
    ["NOCOMM", undefined],
    ["OL NOCOMM", undefined],
  ];
  for (const [words, state, supply] of rows) {
    const fields = shown(words.split(" ").filter((word) => word !== ""));
    expect([fields?.["State"], fields?.["Power Supply by"]], words).toEqual([state, supply]);
  }
});

test("a status that is not known is no status, whatever else is known", () => {
  const charge: Reading = { part: "ups", point: "ups.charge", value: 80 };
  expect(shown(["OL"], charge)?.["Battery Capacity"]).toBe("80 %");
  expect(shown([], charge)).toBeUndefined();
  const gone = storeWith({ readings: upsStatus("ups", ["OL"]) });
  gone.connect("office-ups", { state: "offline", since: 2, fault: "timeout", detail: "no answer" });
  expect(measuresOf(stateOf(gone))).toBeUndefined();
  const store = storeWith({ readings: [...upsStatus("ups", ["OL"]), charge] });
  store.expire("office-ups", Number.POSITIVE_INFINITY);
  expect(measuresOf(stateOf(store))).toBeUndefined();
});

test("watts: measured, of all phases together, or worked out; a load in percent alone has none", () => {
  const load: Reading = { part: "ups", point: "ups.load", value: 25 };
  const watts = (part: string, value: number): Reading => ({ part, point: "meter.power", value });
  expect(shown(["OL"], load)?.["Load"]).toBe("25 %");
  expect(shown(["OL"], load, { part: "ups", point: "ups.nominalPower", value: 810 })?.["Load"]).toBe("203 Watt(25 %)");
  expect(shown(["OL"], load, watts("output", 199.6))?.["Load"]).toBe("200 Watt(25 %)");
  expect(shown(["OL"], load, watts("output/1", 100), watts("output/2", 50), watts("input", 999))?.["Load"]).toBe("150 Watt(25 %)");
  expect(shown(["OL"], watts("ups", 7))?.["Load"]).toBe("7 Watt");
});

describe("what was", () => {
  const has = (): boolean => true;
  const known = measuresOf(stateOf(storeWith({ readings: upsStatus("ups", ["OL"]) })));
  if (!known) throw new Error("nothing known");
  const at = new Date(2026, 1, 3, 4, 5, 6).toISOString();

  test("tests of every source in the vendor's words", () => {
    const rows: Readonly<Record<string, string>> = {
      "Done and passed": "Passed",
      passed: "Passed",
      "Passed at 2026/02/03 04:05:06": "Passed at 2026/02/03 04:05:06",
      "In progress": "In progress",
      "no test yet": "Unknown",
      "No test initiated": "Unknown",
      "Done and error": "Failed",
      "Failed: overload": "Failed: overload",
      aborted: "Aborted",
      Warning: "Warning",
    };
    for (const [said, text] of Object.entries(rows)) expect(testText({ ...known, testResult: said }), said).toBe(text);
    expect(testText({ ...known, testing: true, testResult: "passed" })).toBe("In progress");
    expect([testText({ ...known, has }), testText(known)]).toEqual(["Unknown", undefined]);
  });

  test("the last event by the clock on the wall; a test is none", () => {
    expect(eventText({ ...known, lastTransfer: at })).toBe("Blackout at 2026/02/03 04:05:06");
    expect(eventText({ ...known, lastTransfer: at, lastTransferReason: "Over voltage" })).toBe("Over voltage at 2026/02/03 04:05:06");
    expect(eventText({ ...known, lastTransfer: at, lastTransferReason: "Automatic or explicit self test" })).toBeUndefined();
    expect(eventText({ ...known, lastTransfer: "long ago" })).toBeUndefined();
    expect(eventText({ ...known, printedEvent: "Blackout at x for 24 sec." })).toBe("Blackout at x for 24 sec.");
    expect([eventText({ ...known, has }), eventText(known)]).toEqual(["None", undefined]);
  });
});

test("an outage that was seen to its end is told with its length, any other without", async () => {
  const store = storeWith({ readings: [...upsStatus("ups", ["OL"]), { part: "ups", point: "ups.lastTransfer", value: "2020-01-01T00:00:00Z" }] });
  await using rig = await startRig(store);
  const event = async (): Promise<unknown> => ((await (await rig.ask("/pwrstat")).json()) as Readonly<Record<string, string>>)["Last Power Event"];
  const put = (word: string, at: string, transfer: string): void =>
    store.put("office-ups", [...upsStatus("ups", [word]), { part: "ups", point: "ups.lastTransfer", value: transfer }], Date.parse(at));
  const blackout = (moment: string, length = ""): string => `Blackout at ${wallClock(moment)}${length}`;
  const [first, second, third] = ["2026-02-03T04:05:06Z", "2026-02-03T05:00:00Z", "2026-02-03T09:00:00Z"];
  expect(await event()).toBe(blackout("2020-01-01T00:00:00Z"));
  put("OB", "2026-02-03T04:05:08Z", first);
  expect(await event()).toBe(blackout(first));
  put("OB", "2026-02-03T04:05:18Z", first);
  put("OL", "2026-02-03T04:05:30Z", first);
  expect(await event()).toBe(blackout(first, " for 24 sec"));
  put("OB", second, second);
  put("OL", "2026-02-03T06:10:10Z", second);
  expect(await event()).toBe(blackout(second, " for 70 min"));
  // A transfer that is not renewed: the time that we saw counts.
  put("OB", "2026-02-03T07:00:00Z", second);
  put("OL", "2026-02-03T07:00:10Z", second);
  expect(await event()).toBe(blackout(second, " for 10 sec"));
  // Nobody was there when it ended.
  put("OB", third, third);
  lose(store);
  store.connect("office-ups", { state: "online", since: 2 });
  put("OL", "2026-02-03T10:00:00Z", third);
  expect(await event()).toBe(blackout(third));
});

test("what would end a line is no part of a value", () => {
  const store = storeWith();
  setState(store, { model: "a\nState... Forged\u2028b\u0085c", firmware: "\u0007", readings: upsStatus("ups", ["OL"]) });
  const fields = readFields(statusText(stateOf(store)) ?? "", true);
  expect([...(fields?.keys() ?? [])]).toEqual(["Model Name", "Firmware Number", "State", "Power Supply by", "Line Interaction"]);
  expect(fields?.get("State")).toBe("Normal");
  setState(store, { model: "a\u2028b\u2029c", readings: upsStatus("ups", ["OL"]) });
  expect(readFields(statusText(stateOf(store)) ?? "", true)?.get("Model Name")).toBe("a b c");
});

test("what the vendor's program prints comes out again as it went in, through our driver and the store", () => {
  const lines = (text: string): readonly string[] => text.split("\n").filter((line) => /\.\. \S/.test(line) || /\. {2}/.test(line));
  let [compared, missing] = [0, 0];
  for (const { name, text } of samples) {
    const { model, firmware, readings, possible } = readListing(printedFields(text));
    const store = storeWith({ readings, ...(model !== undefined && { model }), ...(firmware !== undefined && { firmware }) }, possible);
    const ours = lines(statusText(stateOf(store)) ?? "").map((line) => line.trim());
    const lost = lines(text)
      .map((line) => line.trim())
      .filter((line) => !ours.includes(line));
    // What no point stands for, and forms of other versions: said otherwise, or not at all.
    const known = /^(Rating (Voltage|Power)|Last Power Event|Model Name\.+ {2}|Load\.+ (28 %|10 Watt)$|Power Supply by)/;
    expect(
      lost.filter((line) => !known.test(line)),
      name,
    ).toEqual([]);
    compared += ours.length;
    missing += lost.length;
  }
  expect(compared).toBeGreaterThan(70);
  expect(missing).toBeLessThan(20);
});

test("nobody but those who put the program together knows of it", () => {
  const names = globSync("{src,script,test}/**/*.ts").filter((file) => readFileSync(file, "utf8").includes('"#compat/pwrstat/'));
  const own = /^(src\/program\/pwrstat-slot\.ts|src\/cli\/import\.ts|test\/(compat\/pwrstat|peer\/compat-pwrstat).*)$/;
  expect(names.length).toBeGreaterThan(6);
  expect(names.filter((file) => !own.test(file))).toEqual([]);
});
