/**
 * What a number is of, with the one unit in which it travels through the program. Profiles and drivers scale to it.
 * `total` marks a counter that only grows; it passes the energy gate before anyone sees it.
 * `digits` is how many decimals are worth publishing.
 */
export const quantities = {
  power: { unit: "W", total: false, digits: 1 },
  apparentPower: { unit: "VA", total: false, digits: 1 },
  energy: { unit: "kWh", total: true, digits: 3 },
  current: { unit: "A", total: false, digits: 3 },
  voltage: { unit: "V", total: false, digits: 2 },
  frequency: { unit: "Hz", total: false, digits: 2 },
  /** 0 to 1. */
  powerFactor: { unit: "", total: false, digits: 3 },
  /** Charge of a battery. */
  charge: { unit: "%", total: false, digits: 1 },
  /** Load of a UPS, as a part of what it can carry. */
  load: { unit: "%", total: false, digits: 1 },
  /** A span of time that does not tick by itself, such as the remaining runtime of a UPS. */
  duration: { unit: "s", total: false, digits: 0 },
  temperature: { unit: "°C", total: false, digits: 1 },
  humidity: { unit: "%", total: false, digits: 1 },
  fanSpeed: { unit: "RPM", total: false, digits: 0 },
  /** How many of something, such as entries in an event log. */
  count: { unit: "", total: false, digits: 0 },
  /** A number of which only its own name says what it is. */
  plain: { unit: "", total: false, digits: 3 },
} as const satisfies Record<string, { unit: string; total: boolean; digits: number }>;

export type Quantity = keyof typeof quantities;
