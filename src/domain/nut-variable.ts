import type { PointName } from "./capability.ts";
import { type PartId, partPattern } from "./device.ts";
import { nutIdentity, type NutPoint, type NutRow, type NutSection, nutTable, type NutUnit } from "./nut-table.ts";

/** Which point a variable is, and how good a source of it: of two variables for one point the lower rank is taken. */
export interface NutTarget {
  readonly part: PartId;
  readonly point: PointName;
  readonly rank: number;
}

/** A name taken apart: `outlet.3.current` is the kind `outlet`, its number 3, and `current`. */
interface Place {
  readonly section: NutSection;
  /** The kind of its part; undefined where it is no part of ours, such as the bypass of an input. */
  readonly kind: string | undefined;
  readonly number: string | undefined;
  readonly detail: string;
  /** What stands before the detail, for a person. */
  readonly where: string;
}

/** `input.voltage`, `output.L1.current`, `input.L1-N.voltage`, `input.bypass.L1-L2.voltage`; an ATS counts its inputs (`input.1.voltage`). */
const linePattern = /^(input|output)(\.bypass|\.servicebypass|\.inverter)?(?:\.(\d+|N|L[123](?:-L[123])?)(-N)?)?\.([a-z].*)$/;
/** Outlet 0 is the whole unit (docs/nut-names.txt): switching it switches everything, so it is no outlet of ours. */
const countedPattern = /^(ambient|outlet\.group|outlet)(?:\.(\d+))?\.([a-z].*)$/;
const plainPattern = /^(device|ups|battery|driver)\.([a-z].*)$/;

const linePlace = (name: string): Place | undefined => {
  const [, line, path, number, , detail] = linePattern.exec(name) ?? [];
  if (line === undefined || detail === undefined) return undefined;
  const section = line === "input" ? nutTable.input : nutTable.output;
  // `input.bypass.switchable` is a detail of the input, `input.bypass.voltage` one of its bypass.
  const whole = path === undefined ? detail : `${path.slice(1)}.${detail}`;
  if (path !== undefined && number === undefined && Object.hasOwn(section, whole)) return { section, kind: line, number, detail: whole, where: line };
  return { section, kind: path === undefined && number !== "N" ? line : undefined, number, detail, where: `${line}${path ?? ""} ${number ?? ""}` };
};

const countedPlace = (name: string): Place | undefined => {
  const [, kind, number, detail] = countedPattern.exec(name) ?? [];
  if (kind === undefined || detail === undefined) return undefined;
  const where = `${kind} ${number ?? ""}`;
  if (kind === "ambient") return { section: nutTable.ambient, kind, number, detail, where };
  const known = number !== undefined && !/^0+$/.test(number);
  return { section: nutTable.outlet, kind: known ? kind.replace(".", "-") : undefined, number, detail, where };
};

const plainPlace = (name: string): Place | undefined => {
  const [, kind, detail] = plainPattern.exec(name) ?? [];
  if (kind === undefined || detail === undefined) return undefined;
  return { section: nutTable[kind as "device" | "ups" | "battery" | "driver"], kind, number: undefined, detail, where: kind };
};

const placeOf = (name: string): Place | undefined => linePlace(name) ?? countedPlace(name) ?? plainPlace(name);
const rowOf = ({ section, detail }: Place): NutRow | undefined => (Object.hasOwn(section, detail) ? section[detail] : undefined);
const pointOf = ([, , gives]: NutRow): NutPoint | undefined => (typeof gives === "string" ? { point: gives } : gives);

const isOfUps = (point: PointName): boolean => point.startsWith("ups.");

/** The name as older drivers gave it (networkupstools/nut-ddl), and as it is now. */
const renamed: Readonly<Record<string, string>> = { "beeper.status": "ups.beeper.status" };

/** Which point a variable is; undefined for those that are none. */
export const targetOf = (variable: string): NutTarget | undefined => {
  const now = Object.hasOwn(renamed, variable) ? renamed[variable] : undefined;
  const place = placeOf(now ?? variable);
  const row = place && rowOf(place);
  const gives = row && pointOf(row);
  if (!place || !gives || place.kind === undefined) return undefined;
  const { point, part, rank = now === undefined ? 0 : 1 } = gives;
  if (isOfUps(point)) return place.number === undefined ? { part: "ups", point, rank } : undefined;
  return { part: part ?? (place.number === undefined ? place.kind : `${place.kind}/${place.number}`), point, rank };
};

/** The collection in which a part's details stand, and the name up to them. */
const collectionOf = (part: PartId): readonly [section: NutSection, before: string, number: string | undefined] | undefined => {
  const [kind = "", number] = part.split("/");
  const name = kind.replace("-", ".");
  if (name === "outlet" || name === "outlet.group") return number === undefined ? undefined : [nutTable.outlet, `${name}.${number}.`, number];
  if (kind === "input" || kind === "output" || kind === "ambient") return [nutTable[kind], number === undefined ? `${kind}.` : `${kind}.${number}.`, number];
  return kind === "battery" && number === undefined ? [nutTable.battery, "battery.", undefined] : undefined;
};

/** One phase against neutral: so voltages are named, while currents and powers carry the phase alone (docs/nut-names.txt, "Valid CONTEXTs"). */
const withNeutral = (before: string, number: string | undefined, point: PointName): string =>
  point === "meter.voltage" && /^L[123]$/.test(number ?? "") ? before.replace(/\.$/, "-N.") : before;

interface Named extends NutPoint {
  readonly name: string;
  readonly collection: string;
}
const namedPoints: readonly Named[] = Object.entries(nutTable as Readonly<Record<string, NutSection>>).flatMap(([collection, section]) =>
  Object.entries(section).flatMap(([detail, row]) => {
    const gives = pointOf(row);
    return gives && !gives.oneWay ? [{ ...gives, name: `${collection}.${detail}`, collection }] : [];
  }),
);

/**
 * Under which names NUT's clients look for a point: the best first. Empty for what NUT has no name for. A `variable/<name>` is its own name.
 */
export const variablesOf = (part: PartId, point: PointName): readonly string[] => {
  const own = nameOf(part);
  if (own !== undefined) return [own];
  const collection = collectionOf(part);
  const here = Object.entries(collection?.[0] ?? {}).flatMap(([detail, row]) => {
    const gives = pointOf(row);
    if (!collection || gives?.point !== point || gives.oneWay || isOfUps(point) || gives.part !== undefined) return [];
    return [withNeutral(collection[1], collection[2], point) + detail];
  });
  const elsewhere = namedPoints.filter(
    (named) => named.point === point && (isOfUps(point) ? part === "ups" : (named.part ?? (named.collection === "ups" ? "ups" : undefined)) === part),
  );
  return [...here, ...elsewhere.map(({ name }) => name)];
};

const variableKind = "variable/";

/** The part that a variable without a point is; undefined for a name that no part can have. */
export const variablePart = (variable: string): PartId | undefined => {
  const part = `${variableKind}${variable}`;
  return partPattern.test(part) ? part : undefined;
};
/** `variable/ups.delay.start` → `ups.delay.start`. */
export const nameOf = (part: PartId): string | undefined => (part.startsWith(variableKind) ? part.slice(variableKind.length) : undefined);

/** The unit of a variable, or `number` or `text`; undefined for one that the table does not know. */
export const unitOf = (variable: string): NutUnit | undefined => {
  const place = placeOf(variable);
  return place && rowOf(place)?.[0];
};

/** A few words on what a variable is, in English; undefined for one that the table does not know. */
export const describeVariable = (variable: string): string | undefined => {
  const place = placeOf(variable);
  const row = place && rowOf(place);
  const where = place?.where.trim().replaceAll(".", " ");
  return row && where !== undefined ? `${where.charAt(0).toUpperCase()}${where.slice(1)}: ${row[1]}` : undefined;
};

const identity: ReadonlySet<string> = new Set(Object.values(nutIdentity).flat());
/** Settings of drivers and what the server says of itself: of use to whoever reads the server's own files, and to nobody here. */
const noise =
  /^(driver\.(parameter|flag|version|debug)\b.+|driver\.debug|server\..+|ups\.debug\..+|outlet(\.group)?\.\d+\.(id|name|groupid|switchable|designator))$/;

/** Said elsewhere, in who the device is, or nothing that a person wants to see. */
export const isAside = (variable: string): boolean => identity.has(variable) || noise.test(variable);
