import { commandSpec, type CommandName, type PointName, type Value } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import { reading, type DeviceSettings, type PartDescription, type PartId } from "#domain/device.ts";
import type { Outcome } from "#domain/outcome.ts";
import type { Session } from "#driver/contract.ts";
import { rackDouble, type RackDouble } from "./rack-double.ts";

/** A UPS in memory that is told things. `writes` is the truth: what reached the device, with its value as the driver got it. */
export interface ToldDouble {
  readonly values: Map<string, Value>;
  readonly writes: [CommandName, (number | string)?][];
  /** What the device does when it is told something. */
  act: (command: Command, ups: ToldDouble) => void;
}

export const key = (part: PartId, point: PointName): string => `${part} ${point}`;

/** The variable takes what it is told. */
export const obey: ToldDouble["act"] = ({ part, name, value }, { values }) => {
  if (name !== "variable.set" || value === undefined) return;
  for (const point of ["variable.number", "variable.choice", "variable.text"] as const) if (values.has(key(part, point))) values.set(key(part, point), value);
};

export const toldSession = (ups: ToldDouble, parts: readonly PartDescription[]): Session => ({
  describe: async () => ({ model: "Double", parts }),
  read: async (wanted) =>
    wanted.flatMap(({ part, point }) => {
      const value = ups.values.get(key(part, point));
      return value === undefined ? [] : [reading(part, point, value)];
    }),
  execute: async (command) => {
    ups.writes.push(command.value === undefined ? [command.name] : [command.name, command.value]);
    ups.act(command, ups);
  },
  [Symbol.asyncDispose]: async () => undefined,
});

export interface ToldRig {
  readonly rack: RackDouble;
  readonly ups: ToldDouble;
  ask(part: PartId, name: CommandName, more?: Partial<Command>): Promise<Outcome>;
}

/** An engine with one UPS of these parts. */
export const withUps = async (
  parts: readonly PartDescription[],
  values: Readonly<Record<string, Value>>,
  body: (rig: ToldRig) => Promise<void>,
  settings: Partial<DeviceSettings> = {},
): Promise<void> => {
  await using rack = rackDouble();
  const ups: ToldDouble = { values: new Map(Object.entries(values)), writes: [], act: obey };
  rack.run("ups", async () => toldSession(ups, parts), settings);
  while (rack.store.device("ups")?.connection.state !== "online") await rack.clock.sleep(10);
  const by = { via: "rest", key: "test" } as const;
  await body({ rack, ups, ask: (part, name, more = {}) => rack.engine.bus.submit({ device: "ups", part, name, by, ...more }).outcome });
};

/** A part `ups` that answers these points and takes these commands. */
export const upsPart = (points: readonly PointName[], ...commands: readonly CommandName[]): PartDescription => ({ id: "ups", points, commands });

/** Commands of the catalogue that drop a load. */
export const guardedCommands = (names: readonly CommandName[]): readonly CommandName[] => names.filter((name) => commandSpec(name).guarded === true);
