import type { Quantity } from "./quantity.ts";

/**
 * How often a point is asked for. `live` at the device's interval, `slow` at a tenth of it (but at least every five minutes),
 * `once` after each connect only.
 */
export type Pace = "live" | "slow" | "once";

/** `state` belongs in front of a person; `diagnostic` is for whoever looks for a cause. */
export type Role = "state" | "diagnostic";

export type PointSpec = { readonly pace: Pace; readonly role: Role } & (
  | { readonly type: "number"; readonly quantity: Quantity }
  /** `problem`: true is bad news. */
  | { readonly type: "flag"; readonly problem?: boolean }
  | { readonly type: "choice"; readonly options: readonly string[] }
  /** A set of words in which a device describes itself; words that are not known are kept as they came. */
  | { readonly type: "words" }
  | { readonly type: "text" }
);

/**
 * What the device itself must show before a command counts as done.
 * - `becomes`: the points read these values. A device that shows them already needs no write.
 * - `passes`: the points read these values one after the other, such as off and then on.
 * - `changes`: the point reads something else than before.
 * - `nothing`: the command leaves no trace that can be read; its outcome is `unconfirmed` at best, and says so.
 */
export type Proof =
  | { readonly kind: "becomes"; readonly values: Readonly<Record<string, boolean | string>> }
  | { readonly kind: "passes"; readonly steps: readonly Readonly<Record<string, boolean | string>>[] }
  | { readonly kind: "changes"; readonly point: string }
  | { readonly kind: "nothing" };

export interface CommandSpec {
  readonly proof: Proof;
  /** How long the device may take, in seconds. */
  readonly within: number;
  /** True when the command takes power from something, or may: these are what interlocks guard. */
  readonly interrupts: boolean;
  readonly role: Role;
}

const live = { pace: "live", role: "state" } as const;
const slow = { pace: "slow", role: "state" } as const;
const aside = { pace: "slow", role: "diagnostic" } as const;
const number = <Q extends Quantity, P extends { pace: Pace; role: Role }>(quantity: Q, when: P) => ({ type: "number", quantity, ...when }) as const;
const flag = <P extends { pace: Pace; role: Role }>(when: P) => ({ type: "flag", ...when }) as const;
const problem = <P extends { pace: Pace; role: Role }>(when: P) => ({ type: "flag", problem: true, ...when }) as const;
const becomes = <const V extends Record<string, boolean | string>>(values: V) => ({ kind: "becomes", values }) as const;
const nothing = { kind: "nothing" } as const;

/**
 * The catalogue: every capability a part can have, with its points and commands. Entities, REST schema, metrics and texts derive
 * from this object; a wrong name or value anywhere is a compile error.
 */
export const capabilities = {
  outlet: {
    points: {
      on: flag(live),
      /** A delayed switching is under way at the device. */
      pending: { type: "flag", pace: "live", role: "diagnostic" },
      /** The name that the device itself keeps for this outlet. */
      label: { type: "text", pace: "slow", role: "diagnostic" },
    },
    commands: {
      on: { proof: becomes({ on: true }), within: 10, interrupts: false, role: "state" },
      off: { proof: becomes({ on: false }), within: 10, interrupts: true, role: "state" },
      cycle: { proof: { kind: "passes", steps: [{ on: false }, { on: true }] }, within: 60, interrupts: true, role: "state" },
    },
  },
  ups: {
    points: {
      /** NUT's status words (ups.status): OL, OB, LB, CHRG, … in the order in which the device gives them. */
      status: { type: "words", ...live },
      onBattery: problem(live),
      lowBattery: problem(live),
      replaceBattery: problem(live),
      overload: problem(live),
      charging: { type: "flag", pace: "live", role: "diagnostic" },
      charge: number("charge", live),
      runtime: number("duration", live),
      load: number("load", live),
      beeper: { type: "choice", options: ["enabled", "disabled", "muted"], pace: "slow", role: "diagnostic" },
      testResult: { type: "text", pace: "slow", role: "diagnostic" },
    },
    commands: {
      test: { proof: { kind: "changes", point: "testResult" }, within: 60, interrupts: false, role: "diagnostic" },
      testDeep: { proof: { kind: "changes", point: "testResult" }, within: 60, interrupts: false, role: "diagnostic" },
      testStop: { proof: { kind: "changes", point: "testResult" }, within: 60, interrupts: false, role: "diagnostic" },
      beeperOn: { proof: becomes({ beeper: "enabled" }), within: 15, interrupts: false, role: "diagnostic" },
      beeperOff: { proof: becomes({ beeper: "disabled" }), within: 15, interrupts: false, role: "diagnostic" },
      beeperMute: { proof: becomes({ beeper: "muted" }), within: 15, interrupts: false, role: "diagnostic" },
      /** The UPS takes power from its load and gives it back when mains are there. */
      shutdownReturn: { proof: nothing, within: 5, interrupts: true, role: "diagnostic" },
      /** The UPS takes power from its load and stays off. */
      shutdownStayOff: { proof: nothing, within: 5, interrupts: true, role: "diagnostic" },
      shutdownStop: { proof: nothing, within: 5, interrupts: false, role: "diagnostic" },
      loadOn: { proof: nothing, within: 5, interrupts: false, role: "diagnostic" },
      loadOff: { proof: nothing, within: 5, interrupts: true, role: "diagnostic" },
    },
  },
  meter: {
    points: {
      power: number("power", live),
      apparentPower: number("apparentPower", live),
      energy: number("energy", live),
      current: number("current", live),
      voltage: number("voltage", live),
      frequency: number("frequency", live),
      powerFactor: number("powerFactor", live),
    },
    commands: {},
  },
  chassis: {
    points: {
      on: flag(live),
      /** The chassis reports a fault: power, cooling or drive. */
      fault: problem(live),
      identify: { type: "flag", pace: "live", role: "diagnostic" },
      intrusion: problem(slow),
      /** What the power policy says after a mains failure (IPMI 2.0, 28.2). */
      restorePolicy: { type: "choice", options: ["off", "previous", "on"], pace: "slow", role: "diagnostic" },
      eventLogEntries: number("count", aside),
    },
    commands: {
      on: { proof: becomes({ on: true }), within: 60, interrupts: false, role: "state" },
      /** Asks the operating system to stop (ACPI soft off). */
      shutdown: { proof: becomes({ on: false }), within: 300, interrupts: true, role: "state" },
      /** Takes power away at once. */
      off: { proof: becomes({ on: false }), within: 30, interrupts: true, role: "state" },
      cycle: { proof: { kind: "passes", steps: [{ on: false }, { on: true }] }, within: 60, interrupts: true, role: "state" },
      reset: { proof: nothing, within: 5, interrupts: true, role: "state" },
      /** A diagnostic interrupt: most systems write a memory dump and restart. */
      diag: { proof: nothing, within: 5, interrupts: true, role: "diagnostic" },
      identify: { proof: becomes({ identify: true }), within: 5, interrupts: false, role: "diagnostic" },
    },
  },
  sensor: {
    points: {
      temperature: number("temperature", slow),
      humidity: number("humidity", slow),
      fanSpeed: number("fanSpeed", slow),
      contact: flag(slow),
      leak: problem(slow),
    },
    commands: {},
  },
} as const satisfies Record<string, { points: Record<string, PointSpec>; commands: Record<string, CommandSpec> }>;

type Catalogue = typeof capabilities;
export type Capability = keyof Catalogue;
type Names<Kind extends "points" | "commands"> = { [C in Capability]: `${C}.${Extract<keyof Catalogue[C][Kind], string>}` }[Capability];

/** `meter.power`, `outlet.on`, … */
export type PointName = Names<"points">;
/** `outlet.off`, `chassis.reset`, … */
export type CommandName = Names<"commands">;

type SpecOf<P extends PointName> = P extends `${infer C extends Capability}.${infer N}`
  ? N extends keyof Catalogue[C]["points"]
    ? Catalogue[C]["points"][N]
    : never
  : never;

/** The value a point takes: number in the unit of its quantity, boolean, one of its options, words or text. */
export type ValueOf<P extends PointName> =
  SpecOf<P> extends infer S
    ? S extends { type: "number" }
      ? number
      : S extends { type: "flag" }
        ? boolean
        : S extends { type: "choice"; options: readonly (infer O)[] }
          ? O
          : S extends { type: "words" }
            ? readonly string[]
            : string
    : never;
export type Value = number | boolean | string | readonly string[];

const flatten = <Spec>(kind: "points" | "commands"): ReadonlyMap<string, Spec> =>
  new Map(
    Object.entries(capabilities).flatMap(([capability, { [kind]: specs }]) =>
      Object.entries(specs).map(([name, spec]) => [`${capability}.${name}`, spec as Spec]),
    ),
  );
const pointSpecs = flatten<PointSpec>("points");
const commandSpecs = flatten<CommandSpec>("commands");

export const pointNames = [...pointSpecs.keys()] as readonly PointName[];
export const commandNames = [...commandSpecs.keys()] as readonly CommandName[];
export const isPointName = (name: string): name is PointName => pointSpecs.has(name);
export const isCommandName = (name: string): name is CommandName => commandSpecs.has(name);

const known = <Spec>(specs: ReadonlyMap<string, Spec>, name: string): Spec => {
  const spec = specs.get(name);
  if (!spec) throw new TypeError(`${name} is not in the catalogue`);
  return spec;
};
export const pointSpec = (name: PointName): PointSpec => known(pointSpecs, name);
export const commandSpec = (name: CommandName): CommandSpec => known(commandSpecs, name);
/** `meter.power` → `meter`. */
export const capabilityOf = (name: PointName | CommandName): Capability => name.slice(0, name.indexOf(".")) as Capability;
/** `meter.power` → `power`. */
export const shortName = (name: PointName | CommandName): string => name.slice(name.indexOf(".") + 1);
