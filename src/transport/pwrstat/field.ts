import { Fault } from "#domain/fault.ts";

/** What the daemon or the program says, by the name it gives it. Values have no blanks around them. */
export type Fields = ReadonlyMap<string, string>;

/** Nothing that a UPS says is longer; whatever is, says nothing. */
const longest = 200;

const fieldsOf = (text: string, split: (line: string) => readonly [string, string] | undefined): Fields =>
  new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [name = "", value = ""] = split(line) ?? [];
      return name.trim() === "" || value.trim() === "" || line.length > longest ? [] : [[name.trim(), value.trim()] as const];
    }),
  );

const pair = (line: string): readonly [string, string] | undefined => {
  const middle = line.indexOf("=");
  return middle < 0 ? undefined : [line.slice(0, middle), line.slice(middle + 1)];
};

/** The daemon's answer: `STATUS`, then a line `key=value` for each thing that this model knows. Throws `Fault` malformed. */
export const answerFields = (text: string): Fields => {
  const fields = fieldsOf(text, pair);
  if (!/^STATUS\r?\n/.test(text) || fields.size === 0) throw new Fault("malformed", "What answers on the socket is not pwrstatd");
  return fields;
};

/** `Label....... value`; old versions put a blank before the dots, and two behind them. A label holds no dots, a value may. */
const dotted = (line: string): readonly [string, string] | undefined => {
  const start = line.indexOf("..");
  return start < 0 ? undefined : [line.slice(0, start), line.slice(start).replace(/^\.+/, "")];
};

/** What the program prints. Empty when it printed something else. */
export const printedFields = (text: string): Fields => fieldsOf(text, dotted);
