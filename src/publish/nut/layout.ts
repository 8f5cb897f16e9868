import { commandSpec, type CommandName, type PointName } from "#domain/capability.ts";
import type { Description, Limits, PartDescription, PartId } from "#domain/device.ts";
import { delayedNames, instantNames } from "#domain/nut-command.ts";
import { nutIdentity } from "#domain/nut-table.ts";
import { nameOf, variablesOf } from "#domain/nut-variable.ts";
import { plainText } from "./value-text.ts";

/** What an instant command is to us. `parameter`: it means something only with one. */
export interface Instant {
  readonly part: PartId;
  readonly command: CommandName;
  readonly parameter: boolean;
}

/** What a UPS has in the words of the protocol, whatever it reads at the moment. */
export interface Layout {
  /** Who it is. */
  readonly identity: ReadonlyMap<string, string>;
  /** The names of a point. */
  readonly names: ReadonlyMap<PartId, ReadonlyMap<PointName, readonly string[]>>;
  readonly instants: ReadonlyMap<string, Instant>;
  /** What can be set: its part and how far it goes. */
  readonly settings: ReadonlyMap<string, { readonly part: PartId; readonly limits: Limits }>;
}

const instantsOf = ({ id, commands }: PartDescription): readonly (readonly [string, Instant])[] =>
  instantNames(id).flatMap(([command, [name = ""]]) => {
    if (!commands.includes(command)) return [];
    const delayed = commandSpec(command).value ? delayedNames[name] : undefined;
    const plain = [name, { part: id, command, parameter: false }] as const;
    return delayed === undefined ? [plain] : [plain, [delayed, { part: id, command, parameter: true }] as const];
  });

const namesOf = ({ id, points }: PartDescription): ReadonlyMap<PointName, readonly string[]> =>
  new Map(points.flatMap((point) => (variablesOf(id, point).length > 0 ? [[point, variablesOf(id, point)] as const] : [])));

const identityOf = ({ manufacturer, model, serial, firmware, mac }: Description): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({ manufacturer, model, serial, firmware, mac: mac?.[0] }).flatMap(([what, text]) =>
      text === undefined ? [] : nutIdentity[what as keyof typeof nutIdentity].map((name) => [name, plainText(text)] as const),
    ),
  );

const settingOf = ({ id, commands, limits = {} }: PartDescription): readonly (readonly [string, { readonly part: PartId; readonly limits: Limits }])[] => {
  const name = nameOf(id);
  return name !== undefined && commands.includes("variable.set") ? [[name, { part: id, limits }]] : [];
};

const known = new WeakMap<Description, Layout>();

/** Made once for each description. */
export const layoutOf = (description: Description): Layout => {
  const { parts } = description;
  const layout = known.get(description) ?? {
    identity: identityOf(description),
    // Variables that are known by their very name go before those that a point is shown under as well.
    names: new Map(
      parts.toSorted((one, other) => Number(nameOf(other.id) !== undefined) - Number(nameOf(one.id) !== undefined)).map((part) => [part.id, namesOf(part)]),
    ),
    instants: new Map(parts.flatMap(instantsOf)),
    settings: new Map(parts.flatMap(settingOf)),
  };
  known.set(description, layout);
  return layout;
};
