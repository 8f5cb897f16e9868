import type { PointName, Value } from "#domain/capability.ts";
import { type PartId, type Reading, type Wanted, reading } from "#domain/device.ts";
import { upsStatus } from "#domain/ups-status.ts";
import { type Fetch, type Slot, prepareFetch } from "#transport/snmp/fetch.ts";
import { under } from "#transport/snmp/oid.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { type Varbind, numberOf } from "#transport/snmp/varbind.ts";
import type { Layout, PartLayout, StatusPlan, ValuePlan } from "./layout.ts";
import { wordsOf } from "./value.ts";

interface ValueTask {
  readonly part: PartId;
  readonly point: PointName;
  readonly plan: ValuePlan;
  /** Where its objects stand among those fetched. */
  readonly places: readonly number[];
  readonly digits: number;
}
interface StatusTask {
  readonly part: PartId;
  readonly points: ReadonlySet<PointName>;
  readonly plan: StatusPlan;
  readonly scalars: readonly number[];
  readonly counts: readonly number[];
}

/** What is to be asked for one set of wanted points; prepared once, used at every poll. */
export interface ReadPlan {
  readonly fetch: Fetch;
  readonly values: readonly ValueTask[];
  readonly statuses: readonly StatusTask[];
  /** For each of `values`, the place of its object; -1 where it is made of several. */
  readonly single: readonly number[];
  /** What the last poll brought: of an object that came again with the same bytes the reading is the same. */
  readonly last: { found: Found; readonly readings: (Reading | undefined)[] };
}
type Found = readonly (Varbind | undefined)[];

const createPlaces = (): { readonly slots: Slot[]; of(slot: Slot): number } => {
  const places = new Map<string, number>();
  const slots: Slot[] = [];
  const of = (slot: Slot): number => {
    const known = places.get(slot.oid);
    if (known !== undefined) return known;
    places.set(slot.oid, slots.length);
    return slots.push(slot) - 1;
  };
  return { slots, of };
};

const singlePlace = ({ plan, places, digits }: ValueTask): number => (plan.over === undefined && digits < 0 ? (places[0] ?? -1) : -1);

/** Points that the device does not have are left out. */
export const planRead = (wanted: readonly Wanted[], layout: Layout): ReadPlan => {
  const places = createPlaces();
  const values: ValueTask[] = [];
  const status = new Map<PartLayout, Set<PointName>>();
  for (const { part, point } of wanted) {
    const home = layout.parts.get(part);
    const plan = home?.values.get(point);
    if (plan) values.push({ part, point, plan, places: plan.slots.map(places.of), digits: plan.digits ? places.of(plan.digits) : -1 });
    else if (home?.status?.points.includes(point)) status.set(home, (status.get(home) ?? new Set()).add(point));
  }
  const statuses = [...status].flatMap(([{ id, status: plan }, points]) =>
    plan ? [{ part: id, points, plan, scalars: plan.scalars.map(({ slot }) => places.of(slot)), counts: plan.lists.map(({ count }) => places.of(count)) }] : [],
  );
  return { fetch: prepareFetch(places.slots, layout.rowsOf), values, statuses, single: values.map(singlePlace), last: { found: [], readings: [] } };
};

const combine = ({ plan, places, digits }: ValueTask, found: Found): Value | undefined => {
  let sum: number | undefined;
  for (const place of places) {
    const varbind = found[place];
    const value = varbind && plan.decode(varbind, found[digits]);
    if (typeof value !== "number") continue;
    sum = sum === undefined ? value : plan.over === "sum" ? sum + value : Math.max(sum, value);
  }
  return sum;
};

const valueOf = (task: ValueTask, found: Found): Value | undefined => {
  if (task.plan.over) return combine(task, found);
  const varbind = found[task.places[0] as number];
  return varbind && task.plan.decode(varbind, found[task.digits]);
};

const readStatus = async (
  { part, points, plan, scalars, counts }: StatusTask,
  found: Found,
  session: SnmpSession,
  signal: AbortSignal,
): Promise<readonly Reading[]> => {
  if (scalars.every((place) => found[place] === undefined)) return [];
  const words = new Set(plan.scalars.flatMap(({ map }, at) => wordsOf(found[scalars[at] as number], map)));
  for (const [at, { root, map }] of plan.lists.entries()) {
    const count = found[counts[at] as number];
    if (!count || (numberOf(count) ?? 0) === 0) continue;
    for (const varbind of await session.walk(root, signal)) {
      for (const word of under(root, varbind.oid) === undefined ? [] : wordsOf(varbind, map)) words.add(word);
    }
  }
  return upsStatus(part, [...words]).filter(({ point }) => points.has(point));
};

/** Also what came again as it was has been answered now: only the work of reading it is saved. */
const readValues = ({ values, single, last }: ReadPlan, found: Found, silent: Set<PartId>): Reading[] => {
  const readings: Reading[] = [];
  for (let at = 0; at < values.length; at++) {
    const place = single[at] as number;
    let one = last.readings[at];
    if (place < 0 || found[place] === undefined || found[place] !== last.found[place]) {
      const task = values[at] as ValueTask;
      const value = valueOf(task, found);
      one = value === undefined ? undefined : reading(task.part, task.point, value);
      last.readings[at] = one;
      if (!one && task.places.every((object) => found[object] === undefined)) silent.add(task.part);
    }
    if (one) readings.push(one);
  }
  last.found = found;
  return readings;
};

/** Asks the device. `gone` gets the parts of which nothing came, such as the rows of an outlet module that was unplugged. */
export const readPlanned = async (plan: ReadPlan, session: SnmpSession, gone: Set<PartId>, signal: AbortSignal): Promise<readonly Reading[]> => {
  const found = await session.fetch(plan.fetch, signal);
  const silent = new Set<PartId>();
  const readings = readValues(plan, found, silent);
  for (const task of plan.statuses) readings.push(...(await readStatus(task, found, session, signal)));
  if (silent.size > 0 || gone.size > 0) {
    for (const { part } of readings) gone.delete(part);
    for (const part of silent) if (!readings.some((one) => one.part === part)) gone.add(part);
  }
  return readings;
};
