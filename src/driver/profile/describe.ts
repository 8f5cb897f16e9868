import type { CommandName, PointName } from "#domain/capability.ts";
import type { Description, PartDescription, PartId } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import { type Slot, prepareFetch } from "#transport/snmp/fetch.ts";
import { compareOids, oidPattern, under } from "#transport/snmp/oid.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { type Varbind, textOf } from "#transport/snmp/varbind.ts";
import { type Layout, type PartLayout, type StatusPlan, type ValuePlan, type WritePlan, statusPoints } from "./layout.ts";
import type { PartProfile, PointProfile, Profile, StatusProfile } from "./schema.ts";
import { decoder } from "./value.ts";

/** One row of one kind of part: `index` is undefined where the part is there once. */
interface Place {
  readonly id: PartId;
  readonly index: string | undefined;
  readonly profile: PartProfile;
}

/** The id that an index gives. iStars cards append .0 to every index of RFC 1628's tables: it is no part of the id. */
const idOf = (index: string, profile: PartProfile): string | undefined => {
  const numbers = index.split(".");
  if (numbers.length === profile.index + 1 && numbers.at(-1) === "0") numbers.pop();
  if (numbers.length !== profile.index) return undefined;
  return (profile.id ?? numbers.map((_, at) => at + 1)).map((at) => numbers[at - 1]).join(".");
};

const findPlaces = async (profile: Profile, session: SnmpSession, rows: Map<string, readonly string[]>, signal: AbortSignal): Promise<readonly Place[]> => {
  const places: Place[] = [];
  for (const [kind, part] of Object.entries(profile.parts)) {
    if (part.rows === undefined) places.push({ id: kind, index: undefined, profile: part });
    else if (typeof part.rows !== "string") places.push(...Object.entries(part.rows).map(([id, index]) => ({ id: `${kind}/${id}`, index, profile: part })));
    else {
      for (const index of await rowsUnder(part.rows, session, rows, signal)) {
        const id = idOf(index, part);
        if (id !== undefined) places.push({ id: `${kind}/${id}`, index, profile: part });
      }
    }
  }
  const ids = new Set(places.map(({ id }) => id));
  if (ids.size !== places.length) throw new Fault("malformed", "the device gives two parts the same number");
  return places;
};

const rowsUnder = async (column: string, session: SnmpSession, rows: Map<string, readonly string[]>, signal: AbortSignal): Promise<readonly string[]> => {
  const known = rows.get(column);
  if (known) return known;
  const found = (await session.walk(column, signal)).map(({ oid }) => under(column, oid) as string).sort(compareOids);
  rows.set(column, found);
  return found;
};

const slotAt = (cell: string, index: string | undefined, wide = false): Slot => {
  if (index === undefined) return { oid: cell, wide };
  if (cell.includes("*")) return { oid: cell.replace("*", index), wide };
  return { oid: `${cell}.${index}`, column: cell, row: index, wide };
};

/** Everything that a device of this kind could have. What it really has is what it answers. */
interface Possible {
  readonly place: Place;
  readonly label?: Slot;
  readonly values: readonly {
    readonly point: PointName;
    readonly profile: PointProfile;
    readonly ways: readonly (readonly Slot[])[];
    readonly digits?: Slot;
  }[];
  readonly status?: StatusPlan;
  readonly commands: readonly { readonly name: CommandName; readonly writes: readonly WritePlan[] }[];
}

const isWide = (profile: PointProfile, point: string): boolean => profile.map === undefined && (point.endsWith("Result") || point.endsWith("label"));

const possibleStatus = (profile: StatusProfile, index: string | undefined): StatusPlan => {
  const scalars = profile.words.flatMap((one) => ("get" in one ? [{ slot: slotAt(one.get, index), map: one.map }] : []));
  const lists = profile.words.flatMap((one) => ("list" in one ? [{ root: one.list, count: { oid: one.count }, map: one.map }] : []));
  return { scalars, lists, points: [] };
};

const possible = async (place: Place, session: SnmpSession, rows: Map<string, readonly string[]>, signal: AbortSignal): Promise<Possible> => {
  const { index, profile } = place;
  const values = [];
  let status: Possible["status"];
  for (const [name, point] of Object.entries(profile.points)) {
    if ("words" in point) status = possibleStatus(point, index);
    else {
      const cells = [point.get].flat();
      const ways = [];
      for (const cell of cells)
        ways.push(point.over ? (await rowsUnder(cell, session, rows, signal)).map((row) => slotAt(cell, row)) : [slotAt(cell, index, isWide(point, name))]);
      values.push({ point: name as PointName, profile: point, ways, ...(point.digits !== undefined && { digits: slotAt(point.digits, index) }) });
    }
  }
  const commands = Object.entries(profile.commands).map(([name, writes]) => ({
    name: name as CommandName,
    writes: [writes].flat().map(({ set, to, type }) => ({ oid: slotAt(set, index).oid, to, type })),
  }));
  return { place, values, commands, ...(status && { status }), ...(profile.label !== undefined && { label: slotAt(profile.label, index, true) }) };
};

const slotsOf = ({ label, values, status, commands }: Possible): readonly Slot[] => [
  ...(label ? [label] : []),
  ...values.flatMap(({ ways, digits }) => [...ways.flat(), ...(digits ? [digits] : [])]),
  ...(status ? [...status.scalars.map(({ slot }) => slot), ...status.lists.map(({ count }) => count)] : []),
  ...commands.flatMap(({ writes }) => writes.map(({ oid }) => ({ oid }))),
];

type Answers = ReadonlyMap<string, Varbind>;

const settleValue = ({ point, profile, ways, digits }: Possible["values"][number], answers: Answers): readonly [PointName, ValuePlan][] => {
  const decode = decoder(point, profile);
  const way = ways.find((slots) => slots.some(({ oid }) => answers.has(oid)));
  if (!way) return [];
  const slots = way.filter(({ oid }) => answers.has(oid));
  // A meter that says "not measured" when the device is described is one it does not have; a state may be unknown for a while.
  const measured = profile.map !== undefined || slots.some(({ oid }) => decode(answers.get(oid) as Varbind, digits && answers.get(digits.oid)) !== undefined);
  if (!measured) return [];
  return [[point, { slots, decode, ...(digits && { digits }), ...(profile.over && { over: profile.over }) }]];
};

const settleStatus = (status: Possible["status"], answers: Answers): StatusPlan | undefined => {
  if (!status) return undefined;
  const scalars = status.scalars.filter(({ slot }) => answers.has(slot.oid));
  const lists = status.lists.filter(({ count }) => answers.has(count.oid));
  if (scalars.length === 0) return undefined;
  return { scalars, lists, points: statusPoints([...scalars, ...lists].map(({ map }) => map)) };
};

const settle = (all: Possible, answers: Answers): PartLayout => {
  const values = new Map<PointName, ValuePlan>(all.values.flatMap((value) => settleValue(value, answers)));
  const named = all.label && answers.get(all.label.oid);
  if (all.label && named) values.set("outlet.label", { slots: [all.label], decode: decoder("outlet.label", { get: all.label.oid }) });
  const status = settleStatus(all.status, answers);
  const commands = new Map(all.commands.flatMap(({ name, writes }) => (writes.every(({ oid }) => answers.has(oid)) ? [[name, writes] as const] : [])));
  const label = named ? textOf(named) : "";
  return { id: all.place.id, values, commands, ...(status && { status }), ...(label !== "" && { label }) };
};

/** Finds out of which parts the device is made and which points and commands each of them really has. */
export const findLayout = async (profile: Profile, session: SnmpSession, signal: AbortSignal): Promise<Layout> => {
  const rows = new Map<string, readonly string[]>();
  const everything: Possible[] = [];
  const byPart = new Map<PartProfile, readonly string[]>();
  for (const place of await findPlaces(profile, session, rows, signal)) {
    everything.push(await possible(place, session, rows, signal));
    if (place.index !== undefined) byPart.set(place.profile, [...(byPart.get(place.profile) ?? []), place.index]);
  }
  const rowsOfColumn = new Map(
    everything.flatMap((one) => slotsOf(one).flatMap(({ column }) => (column === undefined ? [] : [[column, byPart.get(one.place.profile) ?? []] as const]))),
  );
  const rowsOf = (column: string): readonly string[] => rows.get(column) ?? rowsOfColumn.get(column) ?? [];
  const slots = [...new Map(everything.flatMap(slotsOf).map((slot) => [slot.oid, slot])).values()];
  const found = await session.fetch(prepareFetch(slots, rowsOf), signal);
  const answers: Answers = new Map(found.flatMap((varbind) => (varbind ? [[varbind.oid, varbind] as const] : [])));
  const parts = everything
    .map((one) => settle(one, answers))
    .filter(({ values, status, commands }) => values.size > 0 || status !== undefined || commands.size > 0);
  return { parts: new Map(parts.map((part) => [part.id, part])), rowsOf };
};

const describePart = ({ id, label, values, status, commands }: PartLayout): PartDescription => ({
  id,
  ...(label !== undefined && { label }),
  points: [...values.keys(), ...(status?.points ?? [])],
  commands: [...commands.keys()],
});

/** What the device says it is. */
export const describeDevice = async (profile: Profile, layout: Layout, session: SnmpSession, signal: AbortSignal): Promise<Description> => {
  const fields = Object.entries(profile.device).flatMap(([field, text]) => (text === undefined ? [] : [[field, text] as const]));
  const asked = fields.filter(([, text]) => oidPattern.test(text));
  const answers = await session.get(
    asked.map(([, oid]) => oid),
    signal,
  );
  const told = asked.flatMap(([field], at) => {
    const varbind = answers[at];
    const text = varbind ? textOf(varbind) : "";
    return text === "" ? [] : [[field, text]];
  });
  const fixed = fields.filter(([, text]) => !oidPattern.test(text));
  return { ...Object.fromEntries([...fixed, ...told]), parts: [...layout.parts.values()].map(describePart) };
};
