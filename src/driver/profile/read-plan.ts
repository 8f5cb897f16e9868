import { type PointName, type Value, pointSpec } from "#domain/capability.ts";
import { type PartId, type Reading, type Wanted, reading } from "#domain/device.ts";
import { upsStatus, upsStatusPointsOf } from "#domain/ups-status.ts";
import { type Fetch, type Slot, prepareFetch } from "#transport/snmp/fetch.ts";
import { under } from "#transport/snmp/oid.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { type Varbind, numberOf, textOf } from "#transport/snmp/varbind.ts";
import { type Layout, type ListingPlan, type PartLayout, type StatusPlan, type ValuePlan } from "./layout.ts";
import type { TableProfile } from "./schema.ts";

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
  readonly scalars: readonly (readonly number[])[];
  readonly counts: readonly number[];
}
interface ListingTask {
  readonly part: PartId;
  readonly point: PointName;
  readonly plan: ListingPlan;
  readonly count: number;
}

/** What is to be asked for one set of wanted points; prepared once, used at every poll. */
export interface ReadPlan {
  readonly fetch: Fetch;
  readonly values: readonly ValueTask[];
  readonly statuses: readonly StatusTask[];
  readonly listings: readonly ListingTask[];
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
  const listings: ListingTask[] = [];
  const status = new Map<PartLayout, Set<PointName>>();
  for (const { part, point } of wanted) {
    const home = layout.parts.get(part);
    const plan = home?.values.get(point);
    if (plan) values.push({ part, point, plan, places: plan.slots.map(places.of), digits: plan.digits ? places.of(plan.digits) : -1 });
    const listing = home?.listings.get(point);
    if (listing) listings.push({ part, point, plan: listing, count: places.of(listing.count) });
    if (home?.status?.points.includes(point)) status.set(home, (status.get(home) ?? new Set()).add(point));
  }
  const statuses = [...status].flatMap(([{ id, status: plan }, points]): StatusTask[] => {
    if (!plan) return [];
    const counts = plan.lists.map(({ count }) => places.of(count));
    return [{ part: id, points, plan, scalars: plan.scalars.map(({ slots }) => slots.map(places.of)), counts }];
  });
  return { fetch: prepareFetch(places.slots, layout.rowsOf), values, statuses, listings, single: values.map(singlePlace), last: { found: [], readings: [] } };
};

const combine = ({ plan, places, digits }: ValueTask, found: Found): Value | undefined => {
  let sum: number | undefined;
  for (const place of places) {
    const varbind = found[place];
    const value = varbind && plan.decode(varbind, found[digits]);
    // A sum of which a part is missing would be a lie; the largest of those that are measured is what there is.
    if (typeof value !== "number" && plan.over === "sum") return undefined;
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

/** What stands in a table now; one walk serves all who ask in the same poll. */
type Rows = (table: TableProfile, count: Varbind | undefined) => Promise<readonly Varbind[]>;

const rowsBy = (session: SnmpSession, signal: AbortSignal): Rows => {
  const walks = new Map<string, readonly Varbind[]>();
  const walk = async (root: string): Promise<readonly Varbind[]> => {
    const rows = walks.get(root) ?? (await session.walk(root, signal)).filter(({ oid }) => under(root, oid) !== undefined);
    walks.set(root, rows);
    return rows;
  };
  return async ({ list, where }, count) => {
    if (!count || (numberOf(count) ?? 0) === 0) return [];
    const rows = await walk(list);
    if (!where) return rows;
    const states = new Map((await walk(where.get)).map((varbind) => [under(where.get, varbind.oid), textOf(varbind)]));
    const wanted = new Set(where.in.map(String));
    return rows.filter(({ oid }) => {
      const state = states.get(under(list, oid));
      return state === undefined || wanted.has(state);
    });
  };
};

/** `lost`: the card says that it has lost its UPS, so what it still serves is from before. */
interface StatusRead {
  readonly readings: readonly Reading[];
  readonly lost: boolean;
}

const readStatus = async ({ part, points, plan, scalars, counts }: StatusTask, found: Found, rows: Rows): Promise<StatusRead> => {
  if (scalars.flat().every((place) => found[place] === undefined)) return { readings: [], lost: false };
  const words = new Set<string>();
  const told = new Set<string>();
  const note = (given: readonly string[] | undefined, every: readonly string[]): void => {
    if (!given) return;
    for (const word of given) words.add(word);
    for (const word of every) told.add(word);
  };
  for (const [at, one] of plan.scalars.entries()) note(one.words((scalars[at] ?? []).map((place) => found[place])), one.every);
  for (const [at, list] of plan.lists.entries()) {
    const count = found[counts[at] as number];
    if (count) note((await rows(list.table, count)).flatMap(list.words), list.every);
  }
  // What says that it runs on its battery knows more than what says that its inverter runs.
  if (words.has("OB")) words.delete("OL");
  const known = new Set(upsStatusPointsOf(told));
  return { readings: upsStatus(part, [...words]).filter(({ point }) => points.has(point) && known.has(point)), lost: words.has("NOCOMM") };
};

const readListing = async ({ part, point, plan, count }: ListingTask, found: Found, rows: Rows): Promise<readonly Reading[]> => {
  if (!found[count]) return [];
  const { otherwise } = plan.profile;
  const map = plan.profile.map && new Map(Object.entries(plan.profile.map));
  const values = (await rows(plan.profile, found[count])).map((row) => (map ? (map.get(textOf(row)) ?? otherwise) : textOf(row)));
  const texts = values.filter((value) => typeof value === "string" && value !== "");
  return [reading(part, point, pointSpec(point).type === "flag" ? values.includes(true) : [...new Set(texts)].join(", "))];
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

/** What has become known of a device between polls. */
export interface Presence {
  /** Parts of which nothing came, such as the rows of an outlet module that was unplugged. */
  readonly gone: Set<PartId>;
  lost: boolean;
}

const noteGone = ({ gone }: Presence, silent: ReadonlySet<PartId>, readings: readonly Reading[]): void => {
  if (silent.size === 0 && gone.size === 0) return;
  for (const { part } of readings) gone.delete(part);
  for (const part of silent) if (!readings.some((one) => one.part === part)) gone.add(part);
};

/** Asks the device. Of a UPS that its card has lost, nothing is given but that. */
export const readPlanned = async (plan: ReadPlan, session: SnmpSession, presence: Presence, signal: AbortSignal): Promise<readonly Reading[]> => {
  const found = await session.fetch(plan.fetch, signal);
  const silent = new Set<PartId>();
  const values = readValues(plan, found, silent);
  if (plan.statuses.length === 0 && plan.listings.length === 0 && !presence.lost) {
    noteGone(presence, silent, values);
    return values;
  }
  const rows = rowsBy(session, signal);
  const statuses = await inTurn(plan.statuses, (task) => readStatus(task, found, rows));
  const listings = await inTurn(plan.listings, (task) => readListing(task, found, rows));
  if (statuses.length > 0) presence.lost = statuses.some(({ lost }) => lost);
  const states = statuses.flatMap(({ readings }) => readings);
  const all = [...values, ...states, ...listings.flat()];
  noteGone(presence, silent, all);
  return presence.lost ? states : all;
};

/** One after the other, as a session takes one question at a time. */
const inTurn = async <Task, Result>(tasks: readonly Task[], work: (task: Task) => Promise<Result>): Promise<readonly Result[]> => {
  const results: Result[] = [];
  for (const task of tasks) results.push(await work(task));
  return results;
};
