import type { PointName } from "#domain/capability.ts";
import type { Fields } from "#transport/pwrstat/field.ts";
import { event, hertz, measuresOf, momentOf, nominalVoltage, numeric, textual } from "./measure.ts";
import { lostStatus, type Status, statusReadings, word } from "./status.ts";

const supplies: Readonly<Record<string, string>> = { "Utility Power": "OL", "Battery Power": "OB" };
const states: Readonly<Record<string, string>> = { Normal: "OL", "Power Failure": "OB" };
const interactions: Readonly<Record<string, string>> = { Boost: "BOOST", Buck: "TRIM" };
const own = (table: Readonly<Record<string, string>>, key = ""): readonly string[] => (Object.hasOwn(table, key) ? [table[key] ?? ""] : []);

const testing = (fields: Fields): boolean => fields.get("Test Result") === "In progress";
const isLow = (state: string): boolean => /low/i.test(state) && /batt/i.test(state);
/** A state that is none of the known ones: something is not as it should be, in the UPS's own words. */
const trouble = (state: string | undefined): string | undefined => (state === undefined || Object.hasOwn(states, state) || isLow(state) ? undefined : state);

const sourceOf = (fields: Fields): readonly string[] => {
  const [state, supply] = [fields.get("State"), own(supplies, fields.get("Power Supply by"))];
  // On its battery to test it: the mains are there.
  if (state === "Normal" && supply.includes("OB") && testing(fields)) return ["OL", "DISCHRG"];
  return supply.length > 0 ? supply : own(states, state);
};

const wordsOf = (fields: Fields): readonly string[] => {
  const state = fields.get("State") ?? "";
  return [
    ...sourceOf(fields),
    ...word("LB", isLow(state)),
    ...own(interactions, fields.get("Line Interaction")),
    ...word("TEST", testing(fields)),
    ...word("ALARM", trouble(state || undefined) !== undefined),
  ];
};

/** Which of the status words' points this model tells. */
const knownOf = (fields: Fields): ReadonlySet<PointName> =>
  new Set<PointName>([
    ...(["ups.onBattery", "ups.lowBattery", "ups.alarm"] as const),
    ...(fields.has("Line Interaction") ? (["ups.boost", "ups.trim"] as const) : []),
    ...(fields.has("Test Result") ? (["ups.testing"] as const) : []),
  ]);

/** `Blackout at 2022/07/21 15:10:43 for 24 sec.`; the time it took is not there while it lasts. */
const eventPattern = /^(\S.{0,60}?) at (\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d)(?: for .{1,40})?$/;
const said = (text: string | undefined): string | undefined => (text === undefined || /^(unknown|none)$/i.test(text) ? undefined : text);

/** What `pwrstat -status` prints. A model prints what it knows; no label is on every one of them. */
export const readListing = (fields: Fields): Status => {
  if (/^lost communication$/i.test(fields.get("State") ?? "")) return lostStatus;
  const [model, firmware] = [fields.get("Model Name"), fields.get("Firmware Number") ?? fields.get("Firmwarm Number")];
  const [rating, load] = [measuresOf(fields.get("Rating Power")), measuresOf(fields.get("Load"))];
  const minutes = measuresOf(fields.get("Remaining Runtime")).min;
  const [, reason, date] = eventPattern.exec(fields.get("Last Power Event") ?? "") ?? [];
  return {
    lost: false,
    ...(model !== undefined && { model }),
    ...(firmware !== undefined && { firmware }),
    possible: [
      ...(fields.has("Test Result") ? (["ups.testResult"] as const) : []),
      ...(fields.has("Last Power Event") ? (["ups.lastTransfer", "ups.lastTransferReason"] as const) : []),
    ],
    readings: [
      ...statusReadings(wordsOf(fields), knownOf(fields)),
      ...numeric("ups", "ups.charge", measuresOf(fields.get("Battery Capacity"))["%"]),
      ...numeric("ups", "ups.runtime", minutes === undefined ? undefined : minutes * 60),
      ...numeric("ups", "ups.load", load["%"]),
      ...numeric("ups", "ups.nominalPower", rating.Watt),
      ...numeric("ups", "ups.nominalApparentPower", rating.VA),
      ...textual("ups.testResult", said(fields.get("Test Result"))),
      ...textual("ups.lastTransfer", momentOf(date)),
      ...textual("ups.lastTransferReason", reason),
      ...event(fields.get("Last Power Event")),
      ...textual("ups.alarmText", trouble(fields.get("State"))),
      ...numeric(nominalVoltage, "variable.number", measuresOf(fields.get("Rating Voltage")).V),
      ...numeric("input", "meter.voltage", measuresOf(fields.get("Utility Voltage")).V),
      ...numeric("input", "meter.frequency", hertz(measuresOf(fields.get("Utility Frequency")).Hz)),
      ...numeric("output", "meter.voltage", measuresOf(fields.get("Output Voltage")).V),
      ...numeric("output", "meter.frequency", hertz(measuresOf(fields.get("Output Frequency")).Hz)),
      ...numeric("output", "meter.power", load.Watt),
    ],
  };
};
