import type { PartId } from "#domain/device.ts";
import { compareOids, under } from "#transport/snmp/oid.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import type { PartProfile, Profile } from "./schema.ts";

/** One row of one kind of part: `index` is undefined where the part is there once. */
export interface Place {
  readonly id: PartId;
  readonly index: string | undefined;
  readonly profile: PartProfile;
}

export type RowsUnder = (column: string) => Promise<readonly string[]>;

/** The id that an index gives. iStars cards append .0 to every index of RFC 1628's tables: it is no part of the id. */
const idOf = (index: string, profile: PartProfile): string | undefined => {
  const numbers = index.split(".");
  if (numbers.length === profile.index + 1 && numbers.at(-1) === "0") numbers.pop();
  if (numbers.length !== profile.index) return undefined;
  return (profile.id ?? numbers.map((_, at) => at + 1)).map((at) => numbers[at - 1]).join(".");
};

/** The rows of one kind of part, with the ids they get. Where these numbers do not tell them apart, as with two UPSs behind one card, all are taken. */
const placesAt = (kind: string, profile: PartProfile, indices: readonly string[]): readonly Place[] => {
  const rows = indices.flatMap((index) => {
    const id = idOf(index, profile);
    return id === undefined ? [] : [{ id, index }];
  });
  const unique = new Set(rows.map(({ id }) => id)).size === rows.length;
  return rows.map(({ id, index }) => ({ id: `${kind}/${profile.lines ? "L" : ""}${unique ? id : index}`, index, profile }));
};

export const findPlaces = async (profile: Profile, rows: RowsUnder): Promise<readonly Place[]> => {
  const places: Place[] = [];
  for (const [kind, part] of Object.entries(profile.parts)) {
    if (Object.keys(part.whole).length > 0)
      places.push({ id: kind, index: undefined, profile: { ...part, points: part.whole, commands: {}, label: undefined, where: undefined } });
    if (part.rows === undefined) places.push({ id: kind, index: undefined, profile: part });
    else if (typeof part.rows !== "string") places.push(...Object.entries(part.rows).map(([id, index]) => ({ id: `${kind}/${id}`, index, profile: part })));
    else places.push(...placesAt(kind, part, await rows(part.rows)));
  }
  return places;
};

/** Asks for each column once. */
export const rememberRows =
  (session: SnmpSession, rows: Map<string, readonly string[]>, signal: AbortSignal): RowsUnder =>
  async (column) => {
    const known = rows.get(column);
    if (known) return known;
    const found = (await session.walk(column, signal)).map(({ oid }) => under(column, oid) as string).sort(compareOids);
    rows.set(column, found);
    return found;
  };
