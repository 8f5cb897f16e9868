import { describe, expect, test } from "vitest";
import { upsStates } from "#domain/capability.ts";
import type { Reading } from "#domain/device.ts";
import { statusFlags, upsStatus, upsStatusPoints, upsStatusPointsOf } from "#domain/ups-status.ts";

/** Every word of the grammar: those that set a flag, and OL, HB and NOCOMM, which set none. */
const grammar = ["OL", ...Object.keys(statusFlags), "HB", "NOCOMM"];

const read = (words: readonly string[]): ReadonlyMap<string, Reading["value"]> => new Map(upsStatus("ups", words).map(({ point, value }) => [point, value]));

/** The order of weight, written down once more and by hand. */
const expectedState = (has: (word: string) => boolean): string => {
  if (has("NOCOMM")) return "communication-lost";
  if (has("FSD")) return "forced-shutdown";
  if (has("OFF")) return "off";
  if (has("CAL")) return "calibration";
  if (has("TEST")) return "test";
  if (has("OB")) return has("LB") ? "low-battery" : "on-battery";
  if (has("BYPASS")) return "bypass";
  return has("OL") ? "online" : "unknown";
};

const flagsOf = Object.entries(statusFlags);

/** What is wrong with the readings of these words; one sentence each. */
const judge = (words: readonly string[]): readonly string[] => {
  const given = read(words);
  const has = (word: string): boolean => words.includes(word);
  const wrong: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  must(given.get("ups.state") === expectedState(has), `the state is ${String(given.get("ups.state"))}`);
  must(given.get("ups.communicationLost") === has("NOCOMM"), "communicationLost is as NOCOMM says");
  if (has("NOCOMM")) {
    must(given.size === 3, "of a lost UPS nothing else is known");
    must(String(given.get("ups.status")) === "NOCOMM", "old words are not shown");
    return wrong;
  }
  must(given.get("ups.status") === words, "the words are kept as they came");
  const told = ["OL", "OB", "BYPASS", "OFF"].some(has);
  for (const [word, point] of flagsOf) {
    const value = given.get(point);
    must(has(word) ? value === true : value !== true, `${point} is true with ${word} and never without`);
    if (word !== "OB") must(has(word) || (told ? value === false : value === undefined), `${point} is false only where the UPS has told how it is`);
  }
  must(has("OB") || (given.get("ups.onBattery") === false) === (has("OL") || has("BYPASS")), "not on battery is said only where the mains feed the load");
  return wrong;
};

describe("the status grammar", () => {
  test("holds for every combination of its words", () => {
    const wrong: string[] = [];
    const states = new Map<string, number>();
    const combinations = 2 ** grammar.length;
    for (let set = 0; set < combinations; set++) {
      const words = grammar.filter((_, bit) => (set >> bit) & 1);
      const state = String(read(words).get("ups.state"));
      states.set(state, (states.get(state) ?? 0) + 1);
      if (wrong.length < 10) wrong.push(...judge(words).map((what) => `${words.join(" ") || "(no word)"}: ${what}`));
    }
    expect(wrong).toEqual([]);
    expect(grammar).toHaveLength(17);
    expect(combinations).toBe(131_072);
    expect([...states.keys()].toSorted()).toEqual([...upsStates].toSorted());
  });

  test.each<readonly [words: string, state: string, onBattery: boolean | undefined]>([
    ["OL", "online", false],
    ["OL CHRG", "online", false],
    ["OL DISCHRG", "online", false],
    ["OL LB", "online", false],
    ["OL TRIM", "online", false],
    ["OL BOOST", "online", false],
    ["OL OFF", "off", false],
    ["OB DISCHRG", "on-battery", true],
    ["OB LB", "low-battery", true],
    ["OL OB", "on-battery", true],
    ["OB CAL", "calibration", true],
    ["OL TEST", "test", false],
    ["BYPASS", "bypass", false],
    ["FSD OB LB", "forced-shutdown", true],
    ["CAL", "calibration", undefined],
    ["TEST", "test", undefined],
    ["TRIM", "unknown", undefined],
    ["BOOST", "unknown", undefined],
    ["OFF", "off", undefined],
    ["LB", "unknown", undefined],
    ["WAIT", "unknown", undefined],
    ["", "unknown", undefined],
    ["OB LB NOCOMM", "communication-lost", undefined],
  ])("%s is %s", (text, state, onBattery) => {
    const given = read(text.split(" ").filter((word) => word !== ""));
    expect([given.get("ups.state"), given.get("ups.onBattery")]).toEqual([state, onBattery]);
  });

  test("why a UPS is lost is kept, and what it said before is not", () => {
    expect(read(["OL", "NOCOMM", "DATA-STALE", "HB"]).get("ups.status")).toEqual(["NOCOMM", "DATA-STALE"]);
  });

  test("gives no point that a part with a status does not have", () => {
    const points = new Set<string>(upsStatusPoints);
    expect(upsStatus("ups", grammar.slice(0, -1)).every(({ point }) => points.has(point))).toBe(true);
    expect(new Set(upsStatusPointsOf(grammar))).toEqual(points);
  });

  test("a source has the points that its words can tell, and no others", () => {
    expect(upsStatusPointsOf(["OL", "OB", "LB"])).toEqual(["ups.status", "ups.state", "ups.onBattery", "ups.lowBattery"]);
    expect(upsStatusPointsOf(["OL", "NOCOMM"])).toEqual(["ups.status", "ups.state", "ups.communicationLost"]);
  });
});
