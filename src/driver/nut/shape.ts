import type { CommandName, PointName } from "#domain/capability.ts";
import type { Description, Limits, PartDescription, PartId } from "#domain/device.ts";
import { nutIdentity } from "#domain/nut-table.ts";
import { isAside, nameOf, targetOf, unitOf, variablePart } from "#domain/nut-variable.ts";
import { upsStatusPoints } from "#domain/ups-status.ts";
import type { Facts } from "./fact.ts";
import { instantCommands, type InstantCommands } from "./instant-command.ts";
import { isDecimal, said } from "./value.ts";

export type Variables = ReadonlyMap<string, string>;

/** One part, with the variable behind each point and what is to be said to the server for each command. */
export interface PartShape {
  readonly sources: ReadonlyMap<PointName, string>;
  readonly commands: InstantCommands;
  readonly limits?: Limits;
}
export type Shape = ReadonlyMap<PartId, PartShape>;

const naturally = new Intl.Collator("en", { numeric: true });

type Sources = ReadonlyMap<PartId, ReadonlyMap<PointName, string>>;

const sourcesOf = (variables: Variables): Sources => {
  const parts = new Map<PartId, Map<PointName, { readonly variable: string; readonly rank: number }>>();
  // A driver shows its alarms only while there are some; a UPS has them all the same.
  const always = variables.has("ups.status") ? ["ups.alarm"] : [];
  for (const variable of [...variables.keys(), ...always]) {
    const target = targetOf(variable);
    if (!target) continue;
    const points = parts.get(target.part) ?? new Map<PointName, { readonly variable: string; readonly rank: number }>();
    parts.set(target.part, points);
    const known = points.get(target.point);
    if (!known || target.rank < known.rank) points.set(target.point, { variable, rank: target.rank });
  }
  return new Map([...parts].map(([part, points]) => [part, new Map([...points].map(([point, { variable }]) => [point, variable]))]));
};

/** An outlet that cannot be read back, or says that it cannot be switched, is not switched: nobody could tell whether it obeyed. */
const commandsOf = (part: PartId, sources: ReadonlyMap<PointName, string>, variables: Variables, listed: ReadonlySet<string>): InstantCommands => {
  const [kind = "", number] = part.split("/");
  const fixed = kind.startsWith("outlet") && (!sources.has("outlet.on") || variables.get(`outlet.${number}.switchable`)?.toLowerCase() === "no");
  return fixed ? new Map<CommandName, string>() : instantCommands(part, listed);
};

/** Text that is known to be a number stays one while it says nothing; one that says something else is what it is. */
const readOnlyPoint = (variable: string, text: string): PointName => {
  const unit = unitOf(variable);
  if (unit === "text") return "variable.text";
  const silent = said(text) === undefined;
  return isDecimal(text.trim()) || (silent && unit !== undefined) ? "variable.number" : "variable.text";
};

const variableShape = (variable: string, { variables, writables, settable }: Facts): PartShape => {
  const writable = writables.get(variable);
  const point = writable ? (`variable.${writable.kind}` as const) : readOnlyPoint(variable, variables.get(variable) ?? "");
  const unit = point === "variable.number" ? unitOf(variable) : undefined;
  const limits = { ...(unit !== undefined && unit !== "number" && unit !== "text" && { unit }), ...writable?.limits };
  return {
    sources: new Map([[point, variable]]),
    commands: new Map(writable && settable ? [["variable.set", variable]] : []),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
};

/** Their points say less than they do. */
const lossy: ReadonlySet<string> = new Set(["ups.timer.shutdown"]);

/** Every variable that is no point of another part, and those that can be set. */
const variableParts = (facts: Facts, parts: Sources): readonly (readonly [PartId, PartShape])[] => {
  const taken = new Set([...parts.values()].flatMap((sources) => [...sources.values()].filter((variable) => !lossy.has(variable))));
  return [...facts.variables.keys()].flatMap((variable) => {
    const part = variablePart(variable);
    if (part === undefined || isAside(variable) || (taken.has(variable) && !(facts.settable && facts.writables.has(variable)))) return [];
    return [[part, variableShape(variable, facts)] as const];
  });
};

/** What a UPS is made of. */
export const shapeOf = (facts: Facts): Shape => {
  const { variables, commands } = facts;
  const listed = new Set(commands);
  const sources = sourcesOf(variables);
  const parts = [...sources].map(([part, points]) => [part, { sources: points, commands: commandsOf(part, points, variables, listed) }] as const);
  const all: readonly (readonly [PartId, PartShape])[] = [...parts, ...variableParts(facts, sources)];
  const rank = (part: PartId): number => (nameOf(part) === undefined ? 0 : 1);
  return new Map(all.toSorted(([left], [right]) => rank(left) - rank(right) || naturally.compare(left, right)));
};

const describePart = (id: PartId, { sources, commands, limits }: PartShape, variables: Variables): PartDescription => {
  const label = said(variables.get(sources.get("outlet.label") ?? ""));
  const points = [...sources.keys()].flatMap((point) => (point === "ups.status" ? upsStatusPoints : [point]));
  return { id, points, commands: [...commands.keys()], ...(label !== undefined && { label }), ...(limits && { limits }) };
};

const macAddress = (text: string | undefined): readonly string[] => {
  const digits = text?.toLowerCase().replaceAll(/[:.-]/g, "") ?? "";
  return /^[0-9a-f]{12}$/.test(digits) && !/^(0{12}|f{12})$/.test(digits) ? [digits.replaceAll(/..(?!$)/g, "$&:")] : [];
};

/** Who the UPS is, and of which parts. */
export const describe = (shape: Shape, variables: Variables): Description => {
  const first = (names: readonly string[]): string | undefined => names.map((name) => said(variables.get(name))).find((text) => text !== undefined);
  const manufacturer = first(nutIdentity.manufacturer);
  const model = first(nutIdentity.model);
  const serial = first(nutIdentity.serial);
  const firmware = first(nutIdentity.firmware);
  const mac = macAddress(first(nutIdentity.mac));
  return {
    ...(manufacturer !== undefined && { manufacturer }),
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial }),
    ...(firmware !== undefined && { firmware }),
    ...(mac.length > 0 && { mac }),
    parts: [...shape].map(([id, part]) => describePart(id, part, variables)),
  };
};
