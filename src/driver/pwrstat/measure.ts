import type { PointName } from "#domain/capability.ts";
import { reading, type PartId, type Reading } from "#domain/device.ts";
import { localTime } from "#platform/local-time.ts";

type Unit = "Watt" | "VA" | "V" | "%" | "Hz" | "min";

/** The numbers of a printed value by their unit: `900 Watt(1500 VA)`, `515 VA (335 Watt)`, `28 %`, `18 min.` Nothing when it says anything besides. */
export const measuresOf = (text = ""): Readonly<Partial<Record<Unit, number>>> => {
  const number = /(\d{1,9}(?:\.\d{1,6})?) ?(Watt|VA|V|%|Hz|min)/g;
  if (/[^\s().]/.test(text.replaceAll(number, ""))) return {};
  return Object.fromEntries([...text.matchAll(number)].map(([, digits, unit]) => [unit, Number(digits)]));
};

/** What can be true of a UPS of this maker: outside are the numbers that devices and drivers show where they know nothing. */
const plausible = {
  "meter.voltage": [0, 1000],
  "meter.frequency": [20, 100],
  "meter.power": [0, 100_000],
  "ups.charge": [0, 100],
  "ups.load": [0, 999],
  /** Seconds, up to the largest 16-bit number, which means that nobody knows. */
  "ups.runtime": [0, 65_534],
  "ups.nominalPower": [1, 100_000],
  "ups.nominalApparentPower": [1, 100_000],
  /** Of volts. */
  "variable.number": [1, 1000],
} as const satisfies Partial<Record<PointName, readonly [least: number, most: number]>>;

/** A reading as a list: of one, or empty where there is no number or none that can be. */
export const numeric = (part: PartId, point: keyof typeof plausible, value: number | undefined): readonly Reading[] => {
  const [least, most] = plausible[point];
  return value === undefined || !(value >= least && value <= most) ? [] : [reading(part, point, value)];
};

/** Some models' frequency comes ten times too large: a UT1500EG was recorded with `501.0 Hz`. No mains have that. */
export const hertz = (value: number | undefined): number | undefined => (value !== undefined && value >= 450 && value <= 650 ? value / 10 : value);

const pattern = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)$/;

/** `2022/07/21 15:10:43`, by the daemon's clock, which is taken for ours. */
export const momentOf = (text = ""): string | undefined => {
  const [, year, month, day, hour, minute, second] = pattern.exec(text) ?? [];
  return year === undefined ? undefined : localTime(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
};

export const textual = (
  point: "ups.testResult" | "ups.lastTransfer" | "ups.lastTransferReason" | "ups.alarmText",
  value: string | undefined,
): readonly Reading[] => (value === undefined ? [] : [reading("ups", point, value)]);

/** NUT's name for it. */
export const nominalVoltage = "variable/input.voltage.nominal";
/** The last power event as it is printed, with how long it took. */
export const lastEvent = "variable/last-power-event";
export const event = (text: string | undefined): readonly Reading[] => (text === undefined ? [] : [reading(lastEvent, "variable.text", text)]);
