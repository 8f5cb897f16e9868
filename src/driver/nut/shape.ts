import type { CommandName, PointName } from "#domain/capability.ts";
import type { Description, PartDescription, PartId } from "#domain/device.ts";
import { upsStatusPoints } from "#domain/ups-status.ts";
import { instantCommands, type InstantCommands } from "./instant-command.ts";
import { said } from "./value.ts";
import { targetOf } from "./variable.ts";

export type Variables = ReadonlyMap<string, string>;

/** One part, with the variable behind each point and the instant command behind each command. */
export interface PartShape {
  readonly sources: ReadonlyMap<PointName, string>;
  readonly commands: InstantCommands;
}
export type Shape = ReadonlyMap<PartId, PartShape>;

const naturally = new Intl.Collator("en", { numeric: true });

const sourcesOf = (variables: Variables): ReadonlyMap<PartId, ReadonlyMap<PointName, string>> => {
  const parts = new Map<PartId, Map<PointName, { readonly variable: string; readonly rank: number }>>();
  for (const variable of variables.keys()) {
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
  const [kind, number] = part.split("/");
  const fixed = kind === "outlet" && (!sources.has("outlet.on") || variables.get(`outlet.${number}.switchable`)?.toLowerCase() === "no");
  return fixed ? new Map<CommandName, string>() : instantCommands(part, listed);
};

/** What a UPS is made of, from its variables and from the instant commands that may be given to it. */
export const shapeOf = (variables: Variables, commands: readonly string[]): Shape => {
  const listed = new Set(commands);
  const parts = [...sourcesOf(variables)].sort(([left], [right]) => naturally.compare(left, right));
  return new Map(parts.map(([part, sources]) => [part, { sources, commands: commandsOf(part, sources, variables, listed) }]));
};

const describePart = (id: PartId, { sources, commands }: PartShape, variables: Variables): PartDescription => {
  const label = said(variables.get(sources.get("outlet.label") ?? ""));
  const points = [...sources.keys()].flatMap((point) => (point === "ups.status" ? upsStatusPoints : [point]));
  return { id, points, commands: [...commands.keys()], ...(label !== undefined && { label }) };
};

const macAddress = (text: string | undefined): readonly string[] => {
  const digits = text?.toLowerCase().replaceAll(/[:.-]/g, "") ?? "";
  return /^[0-9a-f]{12}$/.test(digits) && !/^(0{12}|f{12})$/.test(digits) ? [digits.replaceAll(/..(?!$)/g, "$&:")] : [];
};

/** Who the UPS is. `device.*` is the newer collection and wins over `ups.*` (docs/nut-names.txt, "device"). */
export const describe = (shape: Shape, variables: Variables): Description => {
  const first = (...names: readonly string[]): string | undefined => names.map((name) => said(variables.get(name))).find((text) => text !== undefined);
  const manufacturer = first("device.mfr", "ups.mfr");
  const model = first("device.model", "ups.model");
  const serial = first("device.serial", "ups.serial");
  const firmware = first("ups.firmware");
  const mac = macAddress(variables.get("device.macaddr"));
  return {
    ...(manufacturer !== undefined && { manufacturer }),
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial }),
    ...(firmware !== undefined && { firmware }),
    ...(mac.length > 0 && { mac }),
    parts: [...shape].map(([id, part]) => describePart(id, part, variables)),
  };
};
