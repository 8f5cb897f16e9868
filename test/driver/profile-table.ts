import { parse } from "yaml";

import { createSnmpTree, type SnmpObject } from "#simulator/snmp/agent.ts";
import type { SnmpValue } from "#simulator/snmp/message.ts";

/** What a table.yaml makes: the objects of an agent, and a record of the writes that reached it, as `object = type value`. */
export interface ServedTable {
  readonly objects: readonly SnmpObject[];
  readonly tree: ReturnType<typeof createSnmpTree>;
  readonly writes: string[];
}

interface Cell {
  readonly value: SnmpValue;
  readonly writable: boolean;
}

const tag = (name: string, of: (text: string) => Cell) => ({ tag: `!${name}`, resolve: (text: string): { readonly cell: Cell } => ({ cell: of(text) }) });
const customTags = [
  tag("oid", (value) => ({ value: { type: "oid", value }, writable: false })),
  tag("gauge", (text) => ({ value: { type: "gauge", value: Number(text) }, writable: false })),
  tag("ticks", (text) => ({ value: { type: "ticks", value: Number(text) }, writable: false })),
  tag("hex", (text) => ({ value: { type: "text", value: Buffer.from(text, "hex") }, writable: false })),
  tag("writable", (text) => ({ value: { type: "integer", value: Number(text) }, writable: true })),
  tag("writable-ticks", (text) => ({ value: { type: "ticks", value: Number(text) }, writable: true })),
  tag("writable-oid", (value) => ({ value: { type: "oid", value }, writable: true })),
];

const cellOf = (given: unknown): Cell => {
  if (typeof given === "number") return { value: { type: "integer", value: given }, writable: false };
  if (typeof given === "string") return { value: { type: "text", value: given }, writable: false };
  return (given as { readonly cell: Cell }).cell;
};

const isCell = (given: unknown): boolean => typeof given !== "object" || (given !== null && "cell" in given);

const serve = (cells: readonly (readonly [string, Cell])[]): ServedTable => {
  const writes: string[] = [];
  const objects = cells.map(([oid, { value, writable }]): SnmpObject => {
    const set = (given: SnmpValue): number => (writes.push(`${oid} = ${given.type} ${String(given.value)}`), 0);
    return { oid, value: () => value, ...(writable && { set }) };
  });
  return { objects, tree: createSnmpTree(objects), writes };
};

/** An object with its value, or a column with its rows. A number is an INTEGER, a text an OCTET STRING, the rest has a tag. */
export const readTable = (text: string): ServedTable =>
  serve(
    Object.entries(parse(text, { customTags }) as Record<string, unknown>).flatMap(([oid, given]) =>
      isCell(given) ? [[oid, cellOf(given)] as const] : Object.entries(given as object).map(([row, value]) => [`${oid}.${row}`, cellOf(value)] as const),
    ),
  );

const numeric: Readonly<Record<string, "integer" | "counter" | "gauge" | "ticks" | "counter64">> = {
  "2": "integer",
  "65": "counter",
  "66": "gauge",
  "67": "ticks",
  "70": "counter64",
};

const recordedCell = (kind: string, text: string): Cell | undefined => {
  // snmpsim's variation modules stand behind a colon; what the device said at first is the value here.
  const [plain = "", module] = kind.split(":");
  const value = module === undefined ? text : (/(?:initial|value)=(-?\d+)/.exec(text)?.[1] ?? "0");
  const number = numeric[plain];
  if (number !== undefined) return { value: { type: number, value: Number(value) }, writable: false };
  if (plain === "4") return { value: { type: "text", value }, writable: false };
  if (plain === "4x") return { value: { type: "text", value: Buffer.from(value, "hex") }, writable: false };
  if (plain === "6") return { value: { type: "oid", value }, writable: false };
  return undefined;
};

/** A walk in snmpsim's format: `object|type|value`. */
export const readRecording = (text: string): ServedTable =>
  serve(
    text.split("\n").flatMap((line) => {
      const [oid = "", kind = "", ...rest] = line.split("|");
      const cell = /^\d+(\.\d+)+$/.test(oid) ? recordedCell(kind, rest.join("|")) : undefined;
      return cell ? [[oid, cell] as const] : [];
    }),
  );
