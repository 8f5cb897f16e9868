import type { DeviceState } from "#store/read.ts";
import { eventText, testText } from "./history-text.ts";
import { measuresOf, type Measures } from "./measure.ts";

const whole = (value: number | undefined, unit: string): string | undefined => (value === undefined ? undefined : `${Math.round(value)} ${unit}`);

/** `900 Watt(1500 VA)`, or the one of them that is known. */
const ratingText = ({ nominalPower, nominalApparentPower }: Measures): string | undefined => {
  const [watts, apparent] = [whole(nominalPower, "Watt"), whole(nominalApparentPower, "VA")];
  return watts !== undefined && apparent !== undefined ? `${watts}(${apparent})` : (watts ?? apparent);
};

/** `324 Watt(36 %)`; online models print `36 %` alone. */
const loadText = ({ power, load, nominalPower }: Measures): string | undefined => {
  const worked = load === undefined || nominalPower === undefined ? undefined : (load * nominalPower) / 100;
  const [watts, share] = [whole(power ?? worked, "Watt"), whole(load, "%")];
  return watts !== undefined && share !== undefined ? `${watts}(${share})` : (share ?? watts);
};

/** Full minutes: a runtime is never said longer than it is. */
const runtimeText = ({ runtime }: Measures): string | undefined => (runtime === undefined ? undefined : `${Math.floor(runtime / 60)} min.`);
const hertzText = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value.toFixed(1)} Hz`);

/** The words for what the vendor has no word for are ours; none of them is `Normal`. */
const stateText = ({ state, onBattery }: Measures): string => {
  if (state === "communication-lost") return "Lost Communication";
  if (onBattery === true) return "Power Failure";
  if (state === "off") return "Output Off";
  if (state === "bypass") return "Bypass";
  return state === "forced-shutdown" ? "Shutting Down" : "Normal";
};

const supplyText = ({ state, onBattery }: Measures): string | undefined => {
  if (onBattery === true) return "Battery Power";
  return onBattery === false && state !== "off" ? "Utility Power" : undefined;
};

const interactionText = ({ boost, trim }: Measures): string | undefined => {
  if (boost === true) return "Boost";
  if (trim === true) return "Buck";
  return boost === false || trim === false ? "None" : undefined;
};

type Line = readonly [name: string, value: string | undefined];

const properties = (measures: Measures, { description }: DeviceState): readonly Line[] => [
  ["Model Name", description?.model],
  ["Firmware Number", description?.firmware],
  ["Rating Voltage", whole(measures.nominalVoltage, "V")],
  ["Rating Power", ratingText(measures)],
];

type Took = (transfer: string) => number | undefined;

const present = (measures: Measures, took: Took | undefined): readonly Line[] => [
  ["State", stateText(measures)],
  ["Power Supply by", supplyText(measures)],
  ["Utility Voltage", whole(measures.inputVoltage, "V")],
  ["Output Voltage", whole(measures.outputVoltage, "V")],
  ["Utility Frequency", hertzText(measures.inputFrequency)],
  ["Output Frequency", hertzText(measures.outputFrequency)],
  ["Battery Capacity", whole(measures.charge, "%")],
  ["Remaining Runtime", runtimeText(measures)],
  ["Load", loadText(measures)],
  ["Line Interaction", interactionText(measures)],
  ["Test Result", testText(measures)],
  ["Last Power Event", eventText(measures, took)],
];

/** What ends a line for the forerunner's eyes is no part of a value. */
const clean = (value: string): string => value.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ");
const block = (title: string, lines: readonly Line[]): readonly string[] => [
  `\t${title}:`,
  ...lines.flatMap(([name, value]) => (value === undefined ? [] : [`\t\t${name.padEnd(29, ".")} ${clean(value)}`])),
  "",
];

/**
 * What `pwrstat -status` would print of this UPS, whatever its source: only what is known. Of one whose link is lost the program prints its state
 * and the last event, and not what it is. Undefined when nothing is known, as of a device that does not answer.
 */
export const statusText = (device: DeviceState, took?: Took): string | undefined => {
  const measures = measuresOf(device);
  if (measures === undefined) return undefined;
  if (measures.state !== "communication-lost") {
    return [...block("Properties", properties(measures, device)), ...block("Current UPS status", present(measures, took))].join("\n");
  }
  const left = new Set(["State", "Last Power Event"]);
  const lines = present(measures, took).filter(([name]) => left.has(name));
  return block("Current UPS status", lines).join("\n");
};
