import { type Expected, expected } from "./expected-object.ts";
import { before, oidBytes } from "./oid.ts";

/** One object to be fetched. `column` and `row` are given for a cell of a table: `oid` is then the column, a dot, and the row. */
export interface Slot {
  readonly oid: string;
  readonly column?: string;
  readonly row?: string;
  /** True for texts, which need more room in an answer. */
  readonly wide?: boolean;
}

/** A GETBULK whose answer holds exactly what is wanted: `places` are the slots, in the order of the answer. */
export interface BulkRequest {
  readonly oids: readonly string[];
  readonly singles: number;
  readonly rows: number;
  readonly places: readonly number[];
  readonly expected: readonly Expected[];
}

/** A prepared set of objects, to be fetched again and again. */
export interface Fetch {
  readonly oids: readonly string[];
  readonly bulk: readonly BulkRequest[];
}

/** Bytes of an answer: below the 1,472 that many agents take as their limit and that Ethernet carries in one piece. */
const room = 1400;
const envelope = 80;
const valueBytes = (slot: Slot): number => (slot.wide ? 40 : 7);
const varbindBytes = (slot: Slot): number => 4 + oidBytes(slot.oid) + valueBytes(slot);
/** A GETBULK pays off from here on; fewer objects are cheaper to name. */
const fewest = 12;

interface Table {
  readonly rows: readonly string[];
  readonly columns: Map<string, Map<string, number>>;
}

/** Columns of which the same rows are wanted go together. */
const group = (slots: readonly Slot[]): readonly Table[] => {
  const columns = new Map<string, Map<string, number>>();
  slots.forEach(({ column, row }, place) => {
    if (column === undefined || row === undefined) return;
    const cells = columns.get(column) ?? new Map<string, number>();
    columns.set(column, cells.set(row, place));
  });
  const tables = new Map<string, Table>();
  for (const [column, cells] of columns) {
    const rows = [...cells.keys()];
    const key = rows.join();
    const table = tables.get(key) ?? { rows, columns: new Map() };
    table.columns.set(column, cells);
    tables.set(key, table);
  }
  return [...tables.values()];
};

/** Whether these rows stand next to each other in the device's table, so that no other comes between. */
const adjacent = (rows: readonly string[], all: readonly string[]): boolean => {
  const first = all.indexOf(rows[0] ?? "");
  return first >= 0 && rows.every((row, at) => all[first + at] === row);
};

type Draft = Omit<BulkRequest, "expected">;

const tableRequests = ({ rows, columns }: Table, all: readonly string[], slots: readonly Slot[]): Draft[] => {
  const names = [...columns.keys()];
  const rowBytes = names.reduce((sum, name) => sum + varbindBytes(slots[columns.get(name)?.get(rows[0] ?? "") ?? 0] as Slot), 0);
  const most = Math.max(1, Math.floor((room - envelope) / rowBytes));
  const size = Math.ceil(rows.length / Math.ceil(rows.length / most));
  const requests: Draft[] = [];
  for (let at = 0; at < rows.length; at += size) {
    const some = rows.slice(at, at + size);
    const previous = all[all.indexOf(some[0] ?? "") - 1];
    requests.push({
      oids: names.map((name) => (previous === undefined ? name : `${name}.${previous}`)),
      singles: 0,
      rows: some.length,
      places: some.flatMap((row) => names.map((name) => columns.get(name)?.get(row) ?? -1)),
    });
  }
  return requests;
};

const bytesOf = (request: Draft, slots: readonly Slot[]): number =>
  envelope + request.places.reduce((sum, place) => sum + varbindBytes(slots[place] as Slot), 0);

/** Puts the objects that stand alone where room is left, as non-repeaters. Returns those that found none. */
const fill = (requests: Draft[], loose: readonly number[], slots: readonly Slot[]): readonly number[] => {
  const rest = [...loose];
  requests.forEach((request, at) => {
    let left = room - bytesOf(request, slots);
    const taken: number[] = [];
    while (rest[0] !== undefined && varbindBytes(slots[rest[0]] as Slot) <= left) {
      left -= varbindBytes(slots[rest[0]] as Slot);
      taken.push(rest.shift() as number);
    }
    if (taken.length === 0) return;
    const oids = [...taken.map((place) => before((slots[place] as Slot).oid)), ...request.oids];
    requests[at] = { ...request, oids, singles: taken.length, places: [...taken, ...request.places] };
  });
  return rest;
};

const inOne = (places: readonly number[], slots: readonly Slot[]): Draft[] => {
  const requests: Draft[] = [];
  for (let at = 0; at < places.length; at += 25) {
    const some = places.slice(at, at + 25);
    requests.push({ oids: some.map((place) => before((slots[place] as Slot).oid)), singles: some.length, rows: 0, places: some });
  }
  return requests;
};

/** `rowsOf` gives all rows that the device has in a column's table, in its order. */
export const prepareFetch = (slots: readonly Slot[], rowsOf: (column: string) => readonly string[]): Fetch => {
  const requests: Draft[] = [];
  const loose: number[] = slots.flatMap(({ column }, place) => (column === undefined ? [place] : []));
  for (const table of group(slots)) {
    const all = rowsOf([...table.columns.keys()][0] ?? "");
    if (table.rows.length * table.columns.size >= fewest && adjacent(table.rows, all)) requests.push(...tableRequests(table, all, slots));
    else for (const cells of table.columns.values()) loose.push(...cells.values());
  }
  const oids = slots.map(({ oid }) => oid);
  if (requests.length === 0) return { oids, bulk: [] };
  const rest = fill(requests, loose, slots);
  const bulk = [...requests, ...inOne(rest, slots)].map((request) => ({
    ...request,
    expected: request.places.map((place) => expected(oids[place] as string)),
  }));
  return { oids, bulk };
};
