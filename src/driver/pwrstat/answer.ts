import type { PointName } from "#domain/capability.ts";
import type { Fields } from "#transport/pwrstat/field.ts";
import { momentOf, nominalVoltage, numeric, textual } from "./measure.ts";
import { lostStatus, type Status, statusReadings, word } from "./status.ts";

/** Without one of these the daemon has no UPS: when the link is lost it shows what it was told before, the last test and event, and nothing measured. */
const measured = ["utility_volt", "output_volt", "load", "battery_capacity"] as const;

/** The flag behind each status point, where this model has one. */
const flags = {
  "ups.onBattery": "ac_present",
  "ups.charging": "battery_charging",
  "ups.discharging": "battery_discharging",
  "ups.boost": "boost",
  "ups.trim": "buck",
} as const satisfies Partial<Record<PointName, string>>;

const numberOf = (fields: Fields, name: string, scale = 1): number | undefined => {
  const text = fields.get(name) ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) / scale : undefined;
};

const wordsOf = (fields: Fields): readonly string[] => {
  const is = (name: string): boolean => fields.get(name) === "yes";
  const source = fields.get("ac_present");
  return [
    ...word("OL", source === "yes"),
    ...word("OB", source === "no"),
    ...word("CHRG", is("battery_charging")),
    ...word("DISCHRG", is("battery_discharging")),
    ...word("BOOST", is("boost")),
    ...word("TRIM", is("buck")),
  ];
};

/** 1 with a date was seen where the program prints `Passed at` it. What the other numbers mean, nobody has written down. */
const testResult = (fields: Fields): string | undefined => {
  const [code, date] = [fields.get("diagnostic_result"), fields.get("diagnostic_date")];
  if (code === undefined || date === undefined || momentOf(date) === undefined) return undefined;
  return code === "1" ? `Passed at ${date}` : `Result ${code} at ${date}`;
};

/**
 * The daemon's answer on its socket. Volts, watts and the load come times 1000, charge in %, runtime in seconds. The watts that it delivers are not
 * among them. `power_event_result` says of what kind the last event was; of its numbers only 0, none, is known.
 */
export const readAnswer = (fields: Fields): Status => {
  if (!measured.some((name) => fields.has(name))) return lostStatus;
  const known = new Set(Object.entries(flags).flatMap(([point, name]) => (/^(yes|no)$/.test(fields.get(name) ?? "") ? [point as PointName] : [])));
  const [model, firmware] = [fields.get("model_name"), fields.get("firmware_num")];
  return {
    lost: false,
    ...(model !== undefined && { model }),
    ...(firmware !== undefined && { firmware }),
    possible: [
      ...(fields.has("diagnostic_result") ? (["ups.testResult"] as const) : []),
      ...(fields.has("power_event_result") ? (["ups.lastTransfer"] as const) : []),
    ],
    readings: [
      ...statusReadings(wordsOf(fields), known),
      ...numeric("ups", "ups.charge", numberOf(fields, "battery_capacity")),
      ...numeric("ups", "ups.runtime", numberOf(fields, "battery_remainingtime")),
      ...numeric("ups", "ups.load", numberOf(fields, "load", 1000)),
      ...numeric("ups", "ups.nominalPower", numberOf(fields, "output_rating_watt", 1000)),
      ...textual("ups.testResult", testResult(fields)),
      ...textual("ups.lastTransfer", fields.get("power_event_result") === "0" ? undefined : momentOf(fields.get("power_event_date"))),
      ...numeric(nominalVoltage, "variable.number", numberOf(fields, "input_rating_volt", 1000)),
      ...numeric("input", "meter.voltage", numberOf(fields, "utility_volt", 1000)),
      ...numeric("output", "meter.voltage", numberOf(fields, "output_volt", 1000)),
      ...numeric("battery", "meter.voltage", numberOf(fields, "battery_volt", 1000)),
    ],
  };
};
