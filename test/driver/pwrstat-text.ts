/** The output of `pwrstat -status`: labels are filled with dots to 29 columns. */
const block = (heading: string, fields: Readonly<Record<string, string>>): string =>
  `\t${heading}:\n${Object.entries(fields)
    .map(([label, value]) => `\t\t${label.padEnd(29, ".")} ${value}\n`)
    .join("")}`;

export type Printed = Readonly<Record<string, string>>;
const properties = new Set(["Model Name", "Firmware Number", "Firmwarm Number", "Rating Voltage", "Rating Power"]);

export const printed = (fields: Printed): string => {
  const entries = Object.entries(fields);
  const about = Object.fromEntries(entries.filter(([label]) => properties.has(label.trim())));
  const now = Object.fromEntries(entries.filter(([label]) => !properties.has(label.trim())));
  const head = Object.keys(about).length > 0 ? `${block("Properties", about)}\n` : "";
  return `\nThe UPS information shows as following:\n\n${head}${block("Current UPS status", now)}\n`;
};

export const common: Printed = {
  "Model Name": "CP1500AVRLCDa",
  "Firmware Number": "CTHFU2000557",
  "Rating Voltage": "120 V",
  "Rating Power": "900 Watt(1500 VA)",
  State: "Normal",
  "Power Supply by": "Utility Power",
  "Utility Voltage": "117 V",
  "Output Voltage": "118 V",
  "Battery Capacity": "100 %",
  "Remaining Runtime": "18 min.",
  Load: "324 Watt(36 %)",
  "Line Interaction": "None",
  "Test Result": "Passed at 2026/04/19 16:26:52",
  "Last Power Event": "Blackout at 2026/07/21 15:10:43 for 24 sec.",
};

/** Forms that models and versions were seen to print, one trait each. */
export const seen = {
  "2008, blank before the dots, misspelt firmware, load in percent only": {
    "Model Name ": " 850VA",
    "Firmwarm Number ": "2.202",
    "Rating Voltage ": "120 V",
    "Rating Power ": "785 VA (510 Watt)",
    "State ": "Normal",
    "Power Supply by ": "Utility Power",
    "Utility Voltage ": "120 V",
    "Output Voltage ": "119 V",
    "Utility Frequency ": "59 Hz",
    "Battery Capacity ": "100 %",
    "Load ": "28 %",
    "Line Interaction ": "None",
  },
  "no firmware, load before runtime": {
    "Model Name": " CP 1000D",
    "Rating Voltage": "120 V",
    "Rating Power": "580 Watt",
    State: "Normal",
    "Power Supply by": "Utility Power",
    "Utility Voltage": "122 V",
    "Output Voltage": "123 V",
    "Battery Capacity": "100 %",
    Load: "15 %",
    "Remaining Runtime": "47 min.",
    "Line Interaction": "None",
  },
  "on battery, the event goes on": {
    ...common,
    State: "Power Failure",
    "Power Supply by": "Battery Power",
    "Utility Voltage": "0 V",
    "Last Power Event": "Blackout at 2026/03/09 13:38:21",
  },
  "an online model with frequencies": { ...common, "Utility Frequency": "60.0 Hz", "Output Frequency": "59.9 Hz", Load: "0 Watt(0 %)" },
  "a frequency ten times too large": { ...common, "Rating Voltage": "230 V", "Utility Frequency": "501.0 Hz" },
  "VA first": { ...common, "Rating Power": "515 VA (335 Watt)" },
  "a test runs": { ...common, "Test Result": "In progress", "Last Power Event": "None" },
  "a test on the battery": { ...common, "Power Supply by": "Battery Power", "Test Result": "In progress" },
  "too little mains": { ...common, "Line Interaction": "Boost", "Last Power Event": "Undervoltage at 2026/01/02 03:04:05 for 70 min." },
  "too much mains": { ...common, "Line Interaction": "Buck", "Last Power Event": "Overvoltage at 2026/01/02 03:04:05" },
  "the link is lost": { State: "Lost Communication", "Test Result": common["Test Result"] ?? "", "Last Power Event": common["Last Power Event"] ?? "" },
  "the link is lost, properties kept": {
    "Model Name": "CP1500EPFCLCD",
    "Rating Power": "900 Watt",
    State: "Lost Communication",
    "Power Supply by": "Utility Power",
    "Last Power Event": "None",
  },
  "no UPS at all": { State: "Lost Communication" },
  "low battery": { ...common, State: "Low Battery", "Power Supply by": "Battery Power", "Remaining Runtime": "0 min.", "Battery Capacity": "7 %" },
  "something nobody has seen": { ...common, State: "Output Short" },
} as const satisfies Readonly<Record<string, Printed>>;

/** `pwrstat -config`, shortened. */
export const configuration = (alarm: "On" | "Off"): string =>
  `Daemon Configuration:\n\nAlarm .............................................. ${alarm}\nHibernate .......................................... Off\n
Action for Power Failure:\n\n\tDelay time since Power failure ............. 60 sec.\n\tEnable shutdown system ..................... On\n`;
