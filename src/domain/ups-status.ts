import { upsStates, type PointName, type ValueOf } from "./capability.ts";
import { reading, type PartId, type Reading } from "./device.ts";

type State = (typeof upsStates)[number];
type FlagPoint = { [P in PointName]: P extends `ups.${string}` ? (ValueOf<P> extends boolean ? P : never) : never }[PointName];

/**
 * The words in which every source of a UPS is told, and the flag that each sets (NUT's `ups.status`: RFC 9271, 5.1, and NUT's
 * docs/new-drivers.txt). A driver translates its device's own words into these. Words that are not here are kept in `ups.status` as they came.
 */
export const statusFlags = {
  OB: "ups.onBattery",
  LB: "ups.lowBattery",
  RB: "ups.replaceBattery",
  OVER: "ups.overload",
  BYPASS: "ups.bypass",
  OFF: "ups.off",
  ALARM: "ups.alarm",
  FSD: "ups.forcedShutdown",
  CHRG: "ups.charging",
  DISCHRG: "ups.discharging",
  BOOST: "ups.boost",
  TRIM: "ups.trim",
  CAL: "ups.calibrating",
  TEST: "ups.testing",
} as const satisfies Record<string, FlagPoint>;

/** Whoever reads the UPS has lost it. */
const lostWord = "NOCOMM";
/** What a UPS says of itself. */
const ofUps: ReadonlySet<string> = new Set(["OL", "HB", ...Object.keys(statusFlags)]);

const wordOf: Readonly<Record<Exclude<State, "unknown">, string>> = {
  "communication-lost": lostWord,
  "forced-shutdown": "FSD",
  off: "OFF",
  calibration: "CAL",
  test: "TEST",
  "low-battery": "LB",
  "on-battery": "OB",
  bypass: "BYPASS",
  online: "OL",
};

/** Low matters more than "on battery" only there: a battery that is low while it charges is still on line. */
const holds = (state: Exclude<State, "unknown">, has: (word: string) => boolean): boolean =>
  state === "low-battery" ? has("LB") && has("OB") : has(wordOf[state]);

const stateOf = (has: (word: string) => boolean): State => upsStates.find((state) => state !== "unknown" && holds(state, has)) ?? "unknown";

/** These say that the mains feed the load, so that a UPS which does not say OB is not on battery. */
const fed = ["OL", "BYPASS"] as const;
/** With one of these a UPS has told how it is, and what it does not say beside is not so. */
const told = [...fed, "OB", "OFF"] as const;

const valueOf = (word: string, has: (word: string) => boolean): boolean | undefined => {
  if (has(word)) return true;
  // A UPS that is off has perhaps just emptied its battery: that the mains are back, OFF does not say.
  return (word === "OB" ? fed : told).some(has) ? false : undefined;
};

/**
 * The readings that follow from a UPS's status words. One place, so that every kind of UPS says the same.
 * - CAL, TEST, OFF, BYPASS, TRIM and BOOST are states of their own and never mean "on battery".
 * - OL and OB at once, which no UPS can be, is on battery: a warning too many does less harm than one too few.
 * - A UPS that says none of OL, OB, OFF and BYPASS has only the flags it names; the others are not known, and the state is what it names, else `unknown`.
 * - OFF leaves open whether there are mains.
 * - Of a UPS that is lost (NOCOMM) nothing is known but that: words of the grammar beside it are old and left out; others may say why it is lost.
 */
export const upsStatus = (part: PartId, given: readonly string[]): readonly Reading[] => {
  if (given.includes(lostWord))
    return [
      { part, point: "ups.status", value: given.filter((word) => !ofUps.has(word)) },
      { part, point: "ups.state", value: "communication-lost" },
      { part, point: "ups.communicationLost", value: true },
    ];
  const has = (word: string): boolean => given.includes(word);
  const readings: Reading[] = [
    { part, point: "ups.status", value: given },
    { part, point: "ups.state", value: stateOf(has) },
    { part, point: "ups.communicationLost", value: false },
  ];
  for (const [word, point] of Object.entries(statusFlags)) {
    const value = valueOf(word, has);
    if (value !== undefined) readings.push(reading(part, point, value));
  }
  return readings;
};

/** The points that a source can tell whose status is made of these words: without a word for charging, nobody knows whether it charges. */
export const upsStatusPointsOf = (vocabulary: Iterable<string>): readonly PointName[] => {
  const words = new Set(vocabulary);
  return [
    "ups.status",
    "ups.state",
    ...(words.has(lostWord) ? (["ups.communicationLost"] as const) : []),
    ...Object.entries(statusFlags).flatMap(([word, point]) => (words.has(word) ? [point] : [])),
  ];
};

/** The points that `upsStatus` gives; a part that answers its status with every word of the grammar has all of them. */
export const upsStatusPoints = ["ups.status", "ups.state", "ups.communicationLost", ...Object.values(statusFlags)] as const;
