/** A text as Python's json module writes it: all that is not printable ASCII as \u and four digits. */
const quote = (text: string): string => JSON.stringify(text).replaceAll(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

type Pairs = Iterable<readonly [string, string]>;

/** In the order given, with a blank behind each comma and colon: what went to the broker. */
export const spacedJson = (pairs: Pairs): string => `{${[...pairs].map(([name, value]) => `${quote(name)}: ${quote(value)}`).join(", ")}}`;

/** In order of the alphabet, without blanks, one line: what a request was answered with. */
export const sortedJson = (pairs: Pairs): string => {
  // Python sorts by code points, as their UTF-8 does.
  const sorted = [...pairs].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return `{${sorted.map(([name, value]) => `${quote(name)}:${quote(value)}`).join(",")}}\n`;
};
