/** Names and values in the order in which the vendor's program prints them. */
export type Fields = ReadonlyMap<string, string>;

/** What Python takes for the end of a line, and for blanks in front of one. */
const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const blanks = /^[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

const frequencies: ReadonlySet<string> = new Set(["Utility Frequency", "Output Frequency"]);

const pieces = (line: string): readonly string[] => line.replace(blanks, "").replaceAll(". ", ";").replaceAll(".", "").split(";");

/** The same, but that a dot between two digits stays. */
const withDecimals = (line: string): readonly string[] => pieces(line.replaceAll(/(?<=\d)\.(?=\d)/g, "\0")).map((piece) => piece.replaceAll("\0", "."));

/**
 * The forerunner's reading of `pwrstat -status`, as observed: a dot with a blank behind it parts name and value, every other dot is lost. So
 * `18 min.` becomes `18 min`, and `60.0 Hz` becomes `600 Hz`: without `exact`, that one is put right. Undefined when fewer than two
 * fields come of it, which the forerunner took for "no data".
 */
export const readFields = (text: string, exact: boolean): Fields | undefined => {
  const fields = new Map<string, string>();
  for (const line of text.split(lineEnd)) {
    const [name = "", lossy] = pieces(line);
    const value = !exact && frequencies.has(name) ? withDecimals(line)[1] : lossy;
    if (value !== undefined) fields.set(name, value);
  }
  return fields.size > 1 ? fields : undefined;
};
