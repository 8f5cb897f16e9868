import type { Fields } from "./field.ts";

const escape = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
const sample = (name: string, labels: Readonly<Record<string, string>>, value: number): string => {
  const pairs = Object.entries(labels)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${Number.isInteger(value) ? value.toFixed(1) : value}`;
};

const family = (name: string, what: string, samples: readonly string[]): readonly string[] =>
  samples.length === 0 ? [] : [`# HELP ${name} ${what}`, `# TYPE ${name} gauge`, ...samples];

/** Label of the first metric, and the field behind it. Their names may not be those of labels that are on every sample. */
const told = {
  firmware_number: "Firmware Number",
  last_power_event: "Last Power Event",
  line_interaction: "Line Interaction",
  rating_power: "Rating Power",
  rating_voltage: "Rating Voltage",
  test_result: "Test Result",
} as const;
export const takenLabels: ReadonlySet<string> = new Set([...Object.keys(told), "state", "supply"]);

const gauges: readonly (readonly [name: string, what: string, field: string, number: RegExp])[] = [
  ["battery_capacity_percent", "Charge of the battery", "Battery Capacity", /(\d+(?:\.\d+)?)/],
  // A model that prints its load in percent alone tells no watts.
  ["load_watts", "Load in watts", "Load", /(\d+(?:\.\d+)?) Watt/],
  ["output_voltage_volts", "Voltage delivered", "Output Voltage", /(\d+(?:\.\d+)?)/],
  ["remaining_runtime_minutes", "Time that the battery lasts", "Remaining Runtime", /(\d+(?:\.\d+)?)/],
  ["utility_voltage_volts", "Voltage of the mains", "Utility Voltage", /(\d+(?:\.\d+)?)/],
];

/**
 * Prometheus' text format with the names, labels and order that the forerunner's scrapers know; of a UPS of which nothing is known, no line at all.
 * What the forerunner's name of the first metric came out as is this: its library puts `_info` behind it once more.
 */
export const metricText = (fields: Fields | undefined, labels: Readonly<Record<string, string>>): string => {
  if (!fields) return "";
  const [state, supply] = [fields.get("State"), fields.get("Power Supply by")];
  const info = Object.fromEntries(Object.entries(told).flatMap(([label, field]) => (fields.has(field) ? [[label, fields.get(field) ?? ""]] : [])));
  const by = (word: string): string => sample("pwrstat_status_supply", { ...labels, supply: word.toLowerCase() }, supply === `${word} Power` ? 1 : 0);
  const lines = [
    ...family("pwrstat_status_info_info", "What the UPS is", [sample("pwrstat_status_info_info", { ...info, ...labels }, 1)]),
    ...family(
      "pwrstat_status_state",
      "1 when all is well",
      state === undefined ? [] : [sample("pwrstat_status_state", { ...labels, state: "normal" }, state === "Normal" ? 1 : 0)],
    ),
    ...family("pwrstat_status_supply", "1 for what the load is fed by", supply === undefined ? [] : [by("Utility"), by("Battery")]),
    ...gauges.flatMap(([name, what, field, pattern]) => {
      const [, number] = pattern.exec(fields.get(field) ?? "") ?? [];
      return family(`pwrstat_status_${name}`, what, number === undefined ? [] : [sample(`pwrstat_status_${name}`, labels, Number(number))]);
    }),
  ];
  return lines.map((line) => `${line}\n`).join("");
};
