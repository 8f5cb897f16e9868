import { isAlias, isCollection, isMap, isScalar, parseDocument, type Node, type Pair, type ParsedNode, type YAMLMap } from "yaml";
import { entryText, flowText } from "./entry-text.ts";

type Entry = Readonly<Record<string, unknown>>;
type Found = Pair<ParsedNode, ParsedNode | null>;

const columnOf = (text: string, offset: number): number => offset - (text.lastIndexOf("\n", offset - 1) + 1);
const startOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
const newlineOf = (text: string): string => (text.includes("\r\n") ? "\r\n" : "\n");
const splice = (text: string, at: number, more: string, until = at): string => text.slice(0, at) + more + text.slice(until);

/** Where the last thing that is written in a node ends; comments behind it are not the node's. */
const endOf = (node: unknown): number => {
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1) as Found | Node | undefined;
    if (last !== undefined && "key" in last) return Math.max(endOf(last.key), endOf(last.value));
    if (last !== undefined) return endOf(last);
  }
  return (node as Node | null)?.range?.[1] ?? 0;
};

const nextLine = (text: string, offset: number): number => {
  if (offset > 0 && text[offset - 1] === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
};

/** Behind the comments that follow: those that are indented belong to what is above them, or stand for an entry that somebody left out. */
const afterComments = (text: string, offset: number): number => {
  let good = offset;
  for (let at = offset; at < text.length;) {
    const end = nextLine(text, at + 1);
    const line = text.slice(at, end);
    if (/^[ \t]+#/.test(line)) good = end;
    else if (line.trim() !== "") break;
    at = end;
  }
  return good;
};

const putLines = (text: string, at: number, lines: string): string => {
  const gap = at > 0 && text[at - 1] !== "\n" ? newlineOf(text) : "";
  return splice(text, at, gap + lines);
};

/** `devices:` with nothing below it; `until`: where what is written there instead (`{}`, `~`) ends. */
const fill = (text: string, { key, value }: Found, id: string, entry: Entry): string | undefined => {
  const [from, until] = value?.range ?? [endOf(key) + 1, endOf(key) + 1];
  const written = text.slice(from, until);
  if (written.includes("#")) return undefined;
  const cut = splice(text, written === "" ? from : text.slice(0, from).trimEnd().length, "", until);
  const at = afterComments(cut, nextLine(cut, endOf(key)));
  return putLines(cut, at, entryText(id, entry, { indent: " ".repeat(columnOf(text, startOf(key)) + 2), step: 2, newline: newlineOf(text) }));
};

const behindLast = (text: string, devices: YAMLMap, id: string, entry: Entry): string => {
  const [first] = devices.items;
  const column = columnOf(text, startOf(first?.key));
  const inner = isMap(first?.value) && first.value.flow !== true ? columnOf(text, startOf(first.value.items[0]?.key)) - column : 2;
  const spaced = devices.items.some(({ key }) => (key as Node | null)?.spaceBefore === true);
  const newline = newlineOf(text);
  const lines = entryText(id, entry, { indent: " ".repeat(column), step: Math.min(Math.max(inner, 2), 8), newline });
  return putLines(text, afterComments(text, nextLine(text, endOf(devices))), spaced ? newline + lines : lines);
};

const inBraces = (text: string, devices: YAMLMap, id: string, entry: Entry): string => {
  const brace = (devices.range?.[1] ?? 0) - 1;
  const end = text.slice(0, brace).trimEnd().length;
  return splice(text, end, `${text[end - 1] === "," ? "" : ","} ${flowText(id, entry)}`);
};

const append = (text: string, indent: number, id: string, entry: Entry): string => {
  const newline = newlineOf(text);
  const gap = text.trim() === "" || /\n\r?\n$/.test(text) ? "" : newline;
  const line = " ".repeat(indent);
  const lines = `${line}devices:${newline}${entryText(id, entry, { indent: `${line}  `, step: 2, newline })}`;
  return putLines(text, text.length, (text.endsWith("\n") || text === "" ? gap : "") + lines);
};

/**
 * The text of a configuration with one device more, as its last one. Nothing else in it changes, not a blank. Undefined when the text is
 * written in a way that this does not understand; whether the result says what it should, the caller reads.
 */
export const insertDevice = (text: string, id: string, entry: Entry): string | undefined => {
  const { contents, errors } = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  if (errors.length > 0) return undefined;
  if (contents === null) return append(text, 0, id, entry);
  if (!isMap(contents) || contents.flow === true) return undefined;
  const found = contents.items.find(({ key }) => isScalar(key) && key.value === "devices");
  if (!found) return append(text, columnOf(text, startOf(contents.items[0]?.key)), id, entry);
  const { value } = found;
  if (isAlias(value)) return undefined;
  if (value === null || (isScalar(value) && value.value === null) || (isMap(value) && value.items.length === 0)) return fill(text, found, id, entry);
  if (!isMap(value) || value.anchor !== undefined) return undefined;
  return value.flow === true ? inBraces(text, value, id, entry) : behindLast(text, value, id, entry);
};
