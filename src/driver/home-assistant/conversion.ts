import type { Quantity } from "#domain/quantity.ts";

/** A number in the unit times `factor`, plus `offset`, is the number in the quantity's own unit. */
interface Conversion {
  readonly factor: number;
  readonly offset?: number;
}

const steps = (unit: string, factors: Readonly<Record<string, number>>): Readonly<Record<string, Conversion>> =>
  Object.fromEntries(Object.entries(factors).map(([prefix, factor]) => [prefix + unit, { factor }]));
const none = ["", "undefined", "null"] as const;

/** Units of Core's sensors (homeassistant/const.py, sensor/const.py DEVICE_CLASS_UNITS); the micro sign comes in both of Unicode's spellings. */
const units: Readonly<Record<Quantity, Readonly<Record<string, Conversion>>>> = {
  power: { ...steps("W", { "": 1, m: 0.001, k: 1000, M: 1e6, G: 1e9 }), "BTU/h": { factor: 0.29307107 } },
  apparentPower: steps("VA", { "": 1, m: 0.001, k: 1000 }),
  energy: { ...steps("Wh", { k: 1, m: 1e-6, "": 0.001, M: 1000, G: 1e6 }), ...steps("J", { "": 1 / 3.6e6, k: 1 / 3600, M: 1 / 3.6, G: 1000 / 3.6 }) },
  current: steps("A", { "": 1, m: 0.001, µ: 1e-6, μ: 1e-6 }),
  voltage: steps("V", { "": 1, m: 0.001, k: 1000, M: 1e6, µ: 1e-6, μ: 1e-6 }),
  frequency: steps("Hz", { "": 1, m: 0.001, k: 1000, M: 1e6, G: 1e9 }),
  powerFactor: { ...Object.fromEntries(none.map((unit) => [unit, { factor: 1 }])), "%": { factor: 0.01 } },
  charge: { "%": { factor: 1 } },
  load: { "%": { factor: 1 } },
  duration: { ms: { factor: 0.001 }, s: { factor: 1 }, min: { factor: 60 }, h: { factor: 3600 }, d: { factor: 86_400 } },
  temperature: { "°C": { factor: 1 }, "°F": { factor: 5 / 9, offset: -160 / 9 }, K: { factor: 1, offset: -273.15 } },
  humidity: { "%": { factor: 1 } },
  fanSpeed: { rpm: { factor: 1 }, RPM: { factor: 1 } },
  count: Object.fromEntries(none.map((unit) => [unit, { factor: 1 }])),
  plain: Object.fromEntries(none.map((unit) => [unit, { factor: 1 }])),
};

/** The units in which a quantity may come. */
export const unitsOf = (quantity: Quantity): readonly string[] => Object.keys(units[quantity]).filter((unit) => unit !== "undefined" && unit !== "null");
export const fitsUnit = (quantity: Quantity, unit: unknown): boolean => Object.hasOwn(units[quantity], String(unit));

/** Whole and decimal numbers as Core writes them; what is none of them (`unknown`, an empty text, `nan`) is absent, never 0. */
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** In the quantity's own unit; undefined when the state is no number. The unit has to fit. */
export const convert = (quantity: Quantity, state: string, unit: unknown): number | undefined => {
  const conversion = units[quantity][String(unit)];
  if (conversion === undefined || !numberPattern.test(state.trim())) return undefined;
  const { factor, offset = 0 } = conversion;
  // Twelve digits: 0.1 + 0.2 is 0.3 for a person.
  const value = Number((Number(state) * factor + offset).toPrecision(12));
  return Number.isFinite(value) ? value : undefined;
};
