import { Fault } from "#domain/fault.ts";
import { decodeWords, encodeWords } from "#domain/nut-line.ts";
import { refusalOf } from "./error.ts";

/** Takes the lines of one answer; undefined while more belong to it. Throws `Fault`: the server's refusal, or malformed. */
export type Reader<T> = (line: string) => { readonly value: T } | undefined;

/** One request, and how its answer is read. */
export interface Question<T> {
  readonly line: string;
  read(): Reader<T>;
}

/** No UPS has more variables than a few hundred; a list without an end must not fill the memory. */
const longestList = 20_000;

const malformed = (asked: string, line: string): Fault =>
  new Fault("malformed", `The NUT server answered ${asked} with something else: ${JSON.stringify(line.slice(0, 80))}`);
const same = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((word, at) => word.toLowerCase() === right[at]?.toLowerCase());

type Parse<T> = (words: readonly string[], line: string) => T | undefined;

/** `kind` is all that may be told of a request: its line can hold a password. */
const oneLine = <T>(words: readonly string[], parse: Parse<T>, kind = words.slice(0, 2).join(" ")): Question<T> => ({
  line: encodeWords(words),
  read: () => (line) => {
    if (line.startsWith("ERR ")) throw refusalOf(line);
    const value = parse(decodeWords(line) ?? [], line);
    if (value === undefined) throw malformed(kind, line);
    return { value };
  },
});

/** `LIST …`: what stands between BEGIN and END, each line without the words that were asked (RFC 9271, 4.2.7). */
const list = <T>(subject: readonly string[], gather: (items: readonly (readonly string[])[]) => T): Question<T> => {
  const asked = ["LIST", ...subject];
  const end = encodeWords(["END", ...asked]);
  const read = (): Reader<T> => {
    const items: (readonly string[])[] = [];
    let lines = 0;
    return (line) => {
      if (lines === 0 && line.startsWith("ERR ")) throw refusalOf(line);
      const words = decodeWords(line);
      if (lines++ === 0) {
        if (!words || !same(words, ["BEGIN", ...asked])) throw malformed(asked.join(" "), line);
        return undefined;
      }
      // upsd cuts what is longer than its buffer, line end included: such a line runs into the next one. Only its value is lost.
      if (!words) return line.endsWith(end) ? { value: gather(items) } : undefined;
      if (words[0] === "END" && same(words, ["END", ...asked])) return { value: gather(items) };
      if (lines > longestList || !same(words.slice(0, subject.length), subject)) throw malformed(asked.join(" "), line);
      items.push(words.slice(subject.length));
      return undefined;
    };
  };
  return { line: encodeWords(asked), read };
};

type Items = readonly (readonly string[])[];
const pairs = (items: Items): ReadonlyMap<string, string> =>
  new Map(items.flatMap(([name, value]) => (name !== undefined && value !== undefined ? [[name, value]] : [])));
const names = (items: Items): readonly string[] => items.flatMap(([name]) => (name === undefined ? [] : [name]));

/** The variables of a UPS by name. */
export const listVariables = (ups: string): Question<ReadonlyMap<string, string>> => list(["VAR", ups], pairs);
/** The instant commands that the driver of a UPS offers to anybody. */
export const listCommands = (ups: string): Question<readonly string[]> => list(["CMD", ups], names);
/** The server's UPSs: name and description. */
export const listUpses: Question<ReadonlyMap<string, string>> = list(["UPS"], pairs);

/** The variables that can be written, whoever may write them. */
export const listWritable = (ups: string): Question<readonly string[]> => list(["RW", ups], names);
/** The only values that a variable takes; empty when it takes others as well. */
export const listValues = (ups: string, name: string): Question<readonly string[]> => list(["ENUM", ups, name], names);
/** Least and most of each range that a variable may be in; empty when it is bound to none. */
export const listRanges = (ups: string, name: string): Question<readonly (readonly [least: number, most: number])[]> =>
  list(["RANGE", ups, name], (items) =>
    items.flatMap(([least, most]) => {
      const range = [Number(least), Number(most)] as const;
      return range.every(Number.isFinite) ? [range] : [];
    }),
  );
/** What a variable is: RW, ENUM, RANGE, NUMBER, `STRING:<longest>` (NUT's docs/net-protocol.txt, "GET TYPE"). */
export const getType = (ups: string, name: string): Question<readonly string[]> =>
  oneLine(["GET", "TYPE", ups, name], (words) => (same(words.slice(0, 3), ["TYPE", ups, name]) ? words.slice(3) : undefined));

export const getVariable = (ups: string, name: string): Question<string> =>
  oneLine(["GET", "VAR", ups, name], (words) => (words.length === 4 && same(words.slice(0, 3), ["VAR", ups, name]) ? words[3] : undefined));

const agreed = (words: readonly string[]): true | undefined => (words[0] === "OK" ? true : undefined);
export const userName = (name: string): Question<true> => oneLine(["USERNAME", name], agreed, "USERNAME");
export const password = (text: string): Question<true> => oneLine(["PASSWORD", text], agreed, "PASSWORD");
export const trackingOn: Question<true> = oneLine(["SET", "TRACKING", "ON"], agreed);
export const startTls: Question<true> = oneLine(["STARTTLS"], agreed);
export const logout: Question<true> = oneLine(["LOGOUT"], agreed);
/** The server's name and version; asked to show that this client is still there. */
export const version: Question<string> = oneLine(["VER"], (_, line) => line);

/** The id to follow a request to the driver by, or undefined when the server does not track. */
export interface Accepted {
  readonly tracking: string | undefined;
}
const accepted = ([ok, tracking, id]: readonly string[]): Accepted | undefined =>
  ok === "OK" ? { tracking: tracking === "TRACKING" ? id : undefined } : undefined;

/** An instant command; `parameter` is what some take with them, such as a delay in seconds. */
export const instantCommand = (ups: string, name: string, parameter?: string): Question<Accepted> =>
  oneLine(["INSTCMD", ups, name, ...(parameter === undefined ? [] : [parameter])], accepted);
export const setVariable = (ups: string, name: string, value: string): Question<Accepted> => oneLine(["SET", "VAR", ups, name, value], accepted);

/** How far the driver is; a failure comes as the server's refusal (NUT's docs/net-protocol.txt, "GET TRACKING"). */
export const trackingState = (id: string): Question<"PENDING" | "SUCCESS"> =>
  oneLine(["GET", "TRACKING", id], ([state]) => (state === "PENDING" || state === "SUCCESS" ? state : undefined));
