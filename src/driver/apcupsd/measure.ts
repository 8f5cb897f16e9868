/** A number with a unit behind it, as apcupsd writes it: `231.0 Volts`, `024.0 Percent Load Capacity`, `30.6 C Internal`, `230`. */
const written = /^([+-]?\d+(?:\.\d+)?)(?:\s+([A-Za-z]+).*)?$/;

/** What a number is of: the unit in which it leaves here, how to get there from the words that apcupsd has for it, and what can be true. */
export interface Measure {
  readonly unit: string;
  /** Times what, by the word behind the number in small letters; an unknown word makes the number unknown. */
  readonly words: Readonly<Record<string, number>>;
  /** Where no word stands. */
  readonly times: number;
  readonly least: number;
  readonly most: number;
}

const day = 86_400;
const time = { seconds: 1, minutes: 60, hours: 3600 } as const;
const measure = (unit: string, word: string, most: number, least = 0): Measure => ({ unit, words: { [word]: 1 }, times: 1, least, most });
/** A nominal value of zero means that apcupsd could not read it. */
const nominal = (of: Measure): Measure => ({ ...of, least: 1 });

const volts = measure("V", "volts", 100_000);
const seconds: Measure = { unit: "s", words: time, times: 1, least: 0, most: 400 * day };

/** Outside of these are sentinels: -1 of a limit that is switched off, 65535 and the like of devices. Only a temperature is below zero. */
export const measures = {
  volts,
  nominalVolts: nominal(volts),
  nominalWatts: nominal(measure("W", "watts", 10_000_000)),
  nominalVoltAmperes: nominal(measure("VA", "va", 10_000_000)),
  amperes: measure("A", "amps", 10_000),
  hertz: measure("Hz", "hz", 1000),
  percent: measure("%", "percent", 100),
  load: measure("%", "percent", 999),
  celsius: measure("°C", "c", 250, -90),
  seconds,
  minutes: { ...seconds, times: 60 },
  count: { unit: "", words: {}, times: 1, least: 0, most: 1_000_000_000 },
} as const satisfies Record<string, Measure>;

/** The number in the measure's unit, or undefined when the text holds none that can be true. */
export const readNumber = (text: string, { words, times, least, most }: Measure): number | undefined => {
  const [, digits, word] = written.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const factor = word === undefined ? times : words[word.toLowerCase()];
  const value = factor === undefined ? Number.NaN : Number(digits) * factor;
  // Tenths of minutes times 60 leave a rest behind the point.
  return value >= least && value <= most ? Math.round(value * 1000) / 1000 : undefined;
};
