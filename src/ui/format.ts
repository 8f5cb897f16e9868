/** One of each per language: making one takes a hundred times as long as using it. */
const kept = <T>(make: (language: string) => T): ((language: string) => T) => {
  const made = new Map<string, T>();
  return (language) => {
    const found = made.get(language) ?? make(language);
    made.set(language, found);
    return found;
  };
};

const numbers = kept((language) => new Intl.NumberFormat(language, { maximumFractionDigits: 3 }));
const spans = kept((language) => new Intl.RelativeTimeFormat(language, { style: "short" }));
const moments = kept((language) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" }));

export const formatNumber = (language: string, value: number): string => numbers(language).format(value);

/** Milliseconds since 1970, in the time zone in which the program runs. */
export const formatMoment = (language: string, moment: number): string => moments(language).format(moment);

/** From the largest down: whoever reads it wants to know whether it is long ago. */
const units = [
  ["day", 86_400, 172_800],
  ["hour", 3_600, 3_600],
  ["minute", 60, 60],
  ["second", 1, 0],
] as const;

/** "3 min. ago". */
export const formatAgo = (language: string, seconds: number): string => {
  const [unit, length] = units.find(([, , from]) => seconds >= from) ?? ["second", 1];
  return spans(language).format(-Math.floor(seconds / length), unit);
};
