import { type CommandName, type PointName, pointSpec } from "#domain/capability.ts";
import type { Slot } from "#transport/snmp/fetch.ts";
import type { ListingPlan, StatusPlan, WritePlan } from "./layout.ts";
import type { Place, RowsUnder } from "./place.ts";
import type { PointProfile, StatusProfile, WriteProfile } from "./schema.ts";
import { planStatus } from "./status.ts";

const slotAt = (cell: string, index: string | undefined, wide = false): Slot => {
  if (index === undefined) return { oid: cell, wide };
  if (cell.includes("*")) return { oid: cell.replace("*", index), wide };
  return { oid: `${cell}.${index}`, column: cell, row: index, wide };
};

/** One way in which a device may give a point. */
export interface Way {
  readonly profile: PointProfile;
  readonly slots: readonly Slot[];
  readonly digits?: Slot;
}
export interface PossibleCommand {
  readonly name: CommandName;
  readonly writes: readonly WritePlan[];
}

/** Everything that a device of this kind could have. What it really has is what it answers. */
export interface Possible {
  readonly place: Place;
  readonly label?: Slot;
  readonly where?: Slot;
  readonly values: readonly { readonly point: PointName; readonly ways: readonly Way[] }[];
  readonly listings: readonly (readonly [PointName, ListingPlan])[];
  readonly status?: StatusProfile;
  readonly commands: readonly PossibleCommand[];
}

const isWide = (profile: PointProfile, point: PointName): boolean => profile.map === undefined && pointSpec(point).type === "text";

const waysOf = async (point: PointName, given: readonly PointProfile[], index: string | undefined, rows: RowsUnder): Promise<readonly Way[]> => {
  const ways: Way[] = [];
  for (const profile of given) {
    const digits = profile.digits === undefined ? {} : { digits: slotAt(profile.digits, index) };
    if (profile.over && typeof profile.get !== "string") {
      ways.push({ profile, slots: profile.get.map((cell) => slotAt(cell, index)) });
      continue;
    }
    for (const cell of [profile.get].flat()) {
      const slots = profile.over ? (await rows(cell)).map((row) => slotAt(cell, row)) : [slotAt(cell, index, isWide(profile, point))];
      ways.push({ profile, slots, ...digits });
    }
  }
  return ways;
};

const possibleWrite = (profile: WriteProfile, index: string | undefined): WritePlan => ({
  oid: slotAt(profile.set, index).oid,
  profile,
  ...(profile.lock !== undefined && { lock: slotAt(profile.lock, index).oid }),
});

export const possible = async (place: Place, rows: RowsUnder): Promise<Possible> => {
  const { index, profile } = place;
  const values: Possible["values"][number][] = [];
  const listings: Possible["listings"][number][] = [];
  let status: StatusProfile | undefined;
  for (const [name, given] of Object.entries(profile.points)) {
    const point = name as PointName;
    if ("words" in given) status = given;
    else if ("list" in given) listings.push([point, { count: { oid: given.count }, profile: given }]);
    else values.push({ point, ways: await waysOf(point, [given].flat(), index, rows) });
  }
  const commands = Object.entries(profile.commands).map(([name, writes]) => ({
    name: name as CommandName,
    writes: [writes].flat().map((one) => possibleWrite(one, index)),
  }));
  return {
    place,
    values,
    listings,
    commands,
    ...(status && { status }),
    ...(profile.label !== undefined && { label: slotAt(profile.label, index, true) }),
    ...(profile.where && { where: slotAt(profile.where.get, index) }),
  };
};

export const statusOf = ({ status, place }: Possible, has: (slot: Slot) => boolean): StatusPlan | undefined =>
  status && planStatus(status, (cell, wide) => slotAt(cell, place.index, wide), has);

export const slotsOf = (all: Possible): readonly Slot[] => {
  const status = statusOf(all, () => true);
  return [
    ...(all.label ? [all.label] : []),
    ...(all.where ? [all.where] : []),
    ...all.values.flatMap(({ ways }) => ways.flatMap(({ slots, digits }) => [...slots, ...(digits ? [digits] : [])])),
    ...(status ? [...status.scalars.flatMap(({ slots }) => slots), ...status.lists.map(({ count }) => count)] : []),
    ...all.listings.map(([, { count }]) => count),
    ...all.commands.flatMap(({ writes }) => writes.flatMap(({ oid, lock }) => [{ oid }, ...(lock === undefined ? [] : [{ oid: lock }])])),
  ];
};
