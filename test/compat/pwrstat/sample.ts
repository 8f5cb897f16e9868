import type { PointName } from "#domain/capability.ts";
import type { Reading } from "#domain/device.ts";
import { upsStatus } from "#domain/ups-status.ts";

/** A UPS's state as any source may have given it, and what the vendor's program would have printed of it. */
export interface Sample {
  readonly name: string;
  /** Printed by `pwrstat -status`. */
  readonly text: string;
  /** Undefined where no state of a UPS makes this text: another version's, or no UPS. */
  readonly state?: { readonly model?: string; readonly firmware?: string; readonly readings: readonly Reading[] };
}

/** 21:00:09 on the clock of this machine, wherever it stands. */
const localMoment = new Date(2026, 10, 20, 21, 0, 9).toISOString();

type Lines = Readonly<Record<string, string>>;
const block = (title: string, lines: Lines): string =>
  `\t${title}:\n${Object.entries(lines)
    .map(([name, value]) => `\t\t${name.padEnd(29, ".")} ${value}\n`)
    .join("")}\n`;
const print = (properties: Lines, status: Lines): string =>
  `\nThe UPS information shows as following:\n\n${block("Properties", properties)}${block("Current UPS status", status)}`;

const at = (part: string, point: PointName, value: unknown): Reading => ({ part, point, value }) as Reading;
const ups = (point: string, value: unknown): Reading => at("ups", `ups.${point}` as PointName, value);
const volts = (input: number, output: number): readonly Reading[] => [at("input", "meter.voltage", input), at("output", "meter.voltage", output)];
const rated = (value: number): Reading => at("variable/input.voltage.nominal", "variable.number", value);
const event = (text: string): Reading => at("variable/last-power-event", "variable.text", text);
const status = (...words: readonly string[]): readonly Reading[] => upsStatus("ups", words);

/** Of the vendor's forms those that are publicly known: Watt with VA, Watt alone, VA first, a leading blank, online units, a lost link, no daemon. */
export const samples: readonly Sample[] = [
  {
    name: "CP1500AVRLCDa",
    text: print(
      { "Model Name": "CP1500AVRLCDa", "Firmware Number": "CTHFU2010324", "Rating Voltage": "120 V", "Rating Power": "900 Watt(1500 VA)" },
      {
        State: "Normal",
        "Power Supply by": "Utility Power",
        "Utility Voltage": "117 V",
        "Output Voltage": "117 V",
        "Battery Capacity": "100 %",
        "Remaining Runtime": "18 min.",
        Load: "324 Watt(36 %)",
        "Line Interaction": "None",
        "Test Result": "Unknown",
        "Last Power Event": "Blackout at 2018/07/06 07:44:11 for 24 sec.",
      },
    ),
    state: {
      model: "CP1500AVRLCDa",
      firmware: "CTHFU2010324",
      readings: [
        ...status("OL", "CHRG"),
        ...volts(117.2, 116.9),
        rated(120),
        ups("nominalPower", 900),
        ups("nominalApparentPower", 1500),
        ups("charge", 100),
        ups("runtime", 1139),
        ups("load", 36),
        ups("testResult", "No test initiated"),
        event("Blackout at 2018/07/06 07:44:11 for 24 sec."),
      ],
    },
  },
  {
    name: "CP1500PFCLCDa on battery",
    text: print(
      { "Model Name": "CP1500PFCLCDa", "Firmware Number": "CRMLX2000040", "Rating Voltage": "230 V", "Rating Power": "900 Watt(1500 VA)" },
      {
        State: "Power Failure",
        "Power Supply by": "Battery Power",
        "Utility Voltage": "0 V",
        "Output Voltage": "230 V",
        "Battery Capacity": "87 %",
        "Remaining Runtime": "0 min.",
        Load: "0 Watt(0 %)",
        "Line Interaction": "None",
        "Test Result": "Passed at 2026/10/01 03:00:07",
        "Last Power Event": "Blackout at 2026/11/20 21:00:09",
      },
    ),
    state: {
      model: "CP1500PFCLCDa",
      firmware: "CRMLX2000040",
      readings: [
        ...status("OB", "DISCHRG", "LB"),
        ...volts(0, 230.4),
        rated(230),
        ups("nominalPower", 900),
        ups("nominalApparentPower", 1500),
        ups("charge", 87.4),
        ups("runtime", 59),
        ups("load", 0),
        at("output", "meter.power", 0),
        ups("testResult", "Passed at 2026/10/01 03:00:07"),
        ups("lastTransfer", localMoment),
        ups("lastTransferReason", "mains lost"),
      ],
    },
  },
  {
    name: "CP 1350C with a blank before its name",
    text: print(
      { "Model Name": " CP 1350C", "Firmware Number": "BFE5107.B23", "Rating Voltage": "230 V", "Rating Power": "810 Watt" },
      {
        State: "Normal",
        "Power Supply by": "Utility Power",
        "Utility Voltage": "201 V",
        "Output Voltage": "230 V",
        "Battery Capacity": "100 %",
        "Remaining Runtime": "42 min.",
        Load: "81 Watt(10 %)",
        "Line Interaction": "Boost",
        "Test Result": "In progress",
        "Last Power Event": "None",
      },
    ),
    state: {
      model: " CP 1350C",
      firmware: "BFE5107.B23",
      readings: [
        ...status("OL", "BOOST", "TEST"),
        ...volts(201, 230),
        rated(230),
        ups("nominalPower", 810),
        ups("charge", 100),
        ups("runtime", 42 * 60),
        ups("load", 10),
        event("None"),
      ],
    },
  },
  {
    name: "OLS1500 online unit",
    text: print(
      { "Model Name": "OLS1500ERT2U", "Rating Voltage": "230 V", "Rating Power": "1350 Watt(1500 VA)" },
      {
        State: "Normal",
        "Power Supply by": "Utility Power",
        "Utility Voltage": "231 V",
        "Output Voltage": "230 V",
        "Utility Frequency": "49.9 Hz",
        "Output Frequency": "60.0 Hz",
        "Battery Capacity": "100 %",
        "Remaining Runtime": "70 min.",
        Load: "28 %",
        "Line Interaction": "Buck",
        "Test Result": "Unknown",
        "Last Power Event": "Blackout at 2026/02/03 04:05:06 for 70 min.",
      },
    ),
  },
  {
    name: "online unit by SNMP",
    text: print(
      { "Model Name": "Modèle “Ω” 🔋", "Rating Power": "1500 VA" },
      {
        State: "Normal",
        "Power Supply by": "Utility Power",
        "Utility Voltage": "231 V",
        "Output Voltage": "230 V",
        "Utility Frequency": "49.9 Hz",
        "Output Frequency": "60.0 Hz",
        "Battery Capacity": "100 %",
        "Remaining Runtime": "70 min.",
        Load: "28 %",
        "Line Interaction": "Buck",
        "Test Result": "Failed",
      },
    ),
    state: {
      model: "Modèle “Ω” 🔋",
      readings: [
        ...status("OL", "TRIM", "RB"),
        at("input/1", "meter.voltage", 231.4),
        at("input/1", "meter.frequency", 49.94),
        at("output/1", "meter.voltage", 230),
        at("ups", "meter.frequency", 60),
        ups("nominalApparentPower", 1500),
        ups("charge", 100),
        ups("runtime", 4200),
        ups("load", 28),
        ups("testResult", "error"),
      ],
    },
  },
  {
    name: "CP585 of the manual of 1.2",
    text: print(
      { "Model Name": "CP585", "Firmware Number": "BC0120.B1A", "Rating Voltage": "120 V", "Rating Power": "515 VA (335 Watt)" },
      { State: "Normal", "Power Supply by": "Utility Power", "Utility Voltage": "120 V", "Battery Capacity": "100 %", Load: "10 Watt" },
    ),
  },
  {
    name: "link lost",
    text: `\tCurrent UPS status:\n${block("x", { State: "Lost Communication", "Last Power Event": "Blackout at 2026/11/20 21:00:09" })
      .split("\n")
      .slice(1)
      .join("\n")}`,
    state: {
      model: "CP1500AVRLCDa",
      readings: [...status("NOCOMM"), ups("lastTransfer", localMoment), ups("charge", 100), rated(120)],
    },
  },
  {
    name: "link lost, as 1.3.3 prints it",
    text: block("Current UPS status", { State: "Lost Communication", "Power Supply by": "Utility Power", "Last Power Event": "None" }),
  },
  {
    name: "link lost, and nothing else known",
    text: block("Current UPS status", { State: "Lost Communication" }),
    state: { model: "CP1500AVRLCDa", readings: status("NOCOMM") },
  },
  { name: "no daemon", text: "\nNo UPS is found. The daemon is not running.\n" },
  { name: "nothing at all", text: "" },
];
