import type { PointName } from "#domain/capability.ts";
import type { Description, PartDescription, PartId } from "#domain/device.ts";
import { upsStatusPointsOf } from "#domain/ups-status.ts";
import { type Field, fieldOf, lateFields } from "./field.ts";
import type { Report } from "./report.ts";
import { said } from "./said.ts";
import { statusOf, vocabulary } from "./status.ts";

/** The points that follow from the status. */
export const statusPoints = upsStatusPointsOf(vocabulary);

/** The newest line of apcupsd's event log. */
export const eventPart: PartId = "variable/EVENT";

/** More fields than any version writes; the rest of a report that goes on inventing names is left out. */
const mostFields = 120;

/** The fields of a UPS, by name. */
export type Shape = ReadonlyMap<string, Field>;

const tells = (name: string, field: Field, report: Report): boolean => {
  const text = report.get(name);
  return (text !== undefined && field.read(text) !== undefined) || (field.comesWith !== undefined && report.has(field.comesWith));
};

/** The fields that say something now, and those that will once something has happened. Of a UPS that is lost, none: its numbers are old. */
export const shapeOf = (report: Report): Shape => {
  if (statusOf(report).lost) return new Map();
  const names = [...new Set([...report.keys(), ...lateFields])];
  return new Map(
    names
      .flatMap((name) => {
        const field = fieldOf(name);
        return field && tells(name, field, report) ? [[name, field] as const] : [];
      })
      .slice(0, mostFields),
  );
};

interface Identity {
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
}

const identityOf = (report: Report): Identity => {
  const text = (name: string): string | undefined => said(report.get(name) ?? "");
  const [model, serial, firmware] = [text("MODEL"), text("SERIALNO"), text("FIRMWARE")];
  return { ...(model !== undefined && { model }), ...(serial !== undefined && { serial }), ...(firmware !== undefined && { firmware }) };
};

/** What tells that another UPS answers than the one that was described; undefined while it is the same, as far as they say. */
export const replaced = (described: Report, report: Report): string | undefined => {
  const [before, now] = [identityOf(described), identityOf(report)];
  const differs = (key: keyof Identity): boolean => before[key] !== undefined && now[key] !== undefined && before[key] !== now[key];
  if (differs("serial")) return `serial number ${now.serial} instead of ${before.serial}`;
  return differs("model") ? `model ${now.model} instead of ${before.model}` : undefined;
};

/** Whether more could be described than was: the UPS has come back to its apcupsd, or was not yet read whole; or it got other firmware. */
export const outgrown = (described: Report, shape: Shape, report: Report): boolean => {
  const isNew = (name: string, text: string): boolean => !shape.has(name) && fieldOf(name)?.read(text) !== undefined;
  if (identityOf(described).firmware !== identityOf(report).firmware) return true;
  return shape.size < mostFields && [...report].some(([name, text]) => isNew(name, text));
};

/** apcupsd speaks with others too, by SNMP; it never says who made the UPS, only its name can tell. */
const madeByApc = /\b(APC|(Smart|Back)-?UPS|Symmetra|Matrix-UPS|PowerStack)\b/i;

const describePart = (id: PartId, points: readonly PointName[], unit: string | undefined): PartDescription => ({
  id,
  points,
  commands: [],
  ...(unit !== undefined && { limits: { unit } }),
});

export const describe = (shape: Shape, report: Report, hasEvents: boolean): Description => {
  const identity = identityOf(report);
  const imminent: readonly PointName[] = statusOf(report).shutdownImminent === undefined ? [] : ["ups.shutdownPending"];
  const parts = new Map<PartId, { readonly points: PointName[]; readonly unit?: string }>([["ups", { points: [...statusPoints, ...imminent] }]]);
  for (const { part, point, unit } of shape.values()) {
    const found = parts.get(part);
    if (found) found.points.push(...(found.points.includes(point) ? [] : [point]));
    else parts.set(part, { points: [point], ...(unit !== undefined && { unit }) });
  }
  if (hasEvents) parts.set(eventPart, { points: ["variable.text"] });
  return {
    ...(identity.model !== undefined && madeByApc.test(identity.model) && { manufacturer: "APC" }),
    ...identity,
    parts: [...parts].map(([id, { points, unit }]) => describePart(id, points, unit)),
  };
};
