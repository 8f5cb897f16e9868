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
  /** A moment: date and time with an offset (RFC 3339). */
  | { readonly type: "time" }
  | { readonly type: "text" }
);

/**
 * What the device itself must show before a command counts as done.
 * - `becomes`: the points read these values. A device that shows them already needs no write.
 * - `passes`: the points read these values one after the other, such as off and then on.
 * - `changes`: the point reads something else than before.
 * - `takes`: the point reads the value that came with the command.
 * - `any`: one of these is enough. It is never "so already": which of them would be?
 * - `nothing`: the command leaves no trace that can be read; its outcome is `unconfirmed` at best, and says so.
 */
export type Proof =
  | { readonly kind: "becomes"; readonly values: Readonly<Record<string, boolean | string>> }
  | { readonly kind: "passes"; readonly steps: readonly Readonly<Record<string, boolean | string>>[] }
  | { readonly kind: "changes"; readonly point: string }
  | { readonly kind: "takes"; readonly points: readonly string[] }
  | { readonly kind: "any"; readonly proofs: readonly Proof[] }
  | { readonly kind: "nothing" };

export interface CommandSpec {
  readonly proof: Proof;
  /** How long the device may take, in seconds. */
  readonly within: number;
  /** True when the command takes power from something, or may: these are what interlocks guard. */
  readonly interrupts: boolean;
  /** It drops the load of a whole UPS: asked for by its token unless the configuration allows it in words, and nothing in Home Assistant until then. */
  readonly guarded?: true;
  /** What may come with it, such as a delay in seconds, or must. Without it a value is refused. */
  readonly value?: { readonly type: "number" | "text" | "any"; readonly needed: boolean };
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
const liveAside = { pace: "live", role: "diagnostic" } as const;
const onceAside = { pace: "once", role: "diagnostic" } as const;
const startsTest = { kind: "any", proofs: [becomes({ testing: true }), { kind: "changes", point: "testResult" }] } as const;
const goesDown = { kind: "any", proofs: [becomes({ shutdownPending: true }), becomes({ forcedShutdown: true }), becomes({ off: true })] } as const;
/** Seconds. */
const delay = { type: "number", needed: false } as const;

/** In the order of their weight: of several that are true, the first is shown. */
export const upsStates = [
  "communication-lost",
  "forced-shutdown",
  "off",
  "calibration",
  "test",
  "low-battery",
  "on-battery",
  "bypass",
  "online",
  "unknown",
] as const;

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
      /** What matters most of the status, in one word; `unknown` is a state of its own, never the last one that was known. */
      state: { type: "choice", options: upsStates, ...live },
      onBattery: problem(live),
      /** On battery for longer than a flicker: what an automation should wait for. */
      onBatteryHeld: problem(live),
      lowBattery: problem(live),
      replaceBattery: problem(live),
      overload: problem(live),
      /** The load is fed past the inverter: nothing guards it. */
      bypass: problem(live),
      /** The output is off. */
      off: problem(live),
      alarm: problem(live),
      /** The load is about to be cut off, whatever the mains do (NUT's FSD). */
      forcedShutdown: problem(live),
      /** Whoever reads the UPS has lost it: nothing else is known of it. */
      communicationLost: problem(live),
      charging: flag(liveAside),
      discharging: flag(liveAside),
      boost: flag(liveAside),
      trim: flag(liveAside),
      calibrating: flag(liveAside),
      testing: flag(liveAside),
      /** The UPS counts down to cutting off its load. */
      shutdownPending: flag(liveAside),
      charge: number("charge", live),
      runtime: number("duration", live),
      load: number("load", live),
      /** Since the mains went away; 0 while they are there. */
      timeOnBattery: number("duration", liveAside),
      /** When the UPS last went to its battery. */
      lastTransfer: { type: "time", ...liveAside },
      lastTransferReason: { type: "text", ...liveAside },
      nominalPower: number("power", onceAside),
      nominalApparentPower: number("apparentPower", onceAside),
      beeper: { type: "choice", options: ["enabled", "disabled", "muted"], ...aside },
      testResult: { type: "text", ...aside },
      /** What the device's alarm says. */
      alarmText: { type: "text", ...liveAside },
      /** When the battery was put in, as the device says it. */
      batteryDate: { type: "text", ...aside },
    },
    commands: {
      test: { proof: startsTest, within: 60, interrupts: false, role: "diagnostic" },
      testDeep: { proof: startsTest, within: 60, interrupts: false, role: "diagnostic" },
      testStop: {
        proof: { kind: "any", proofs: [becomes({ testing: false }), { kind: "changes", point: "testResult" }] },
        within: 60,
        interrupts: false,
        role: "diagnostic",
      },
      /** Discharges the battery to learn its runtime. */
      calibrate: { proof: becomes({ calibrating: true }), within: 60, interrupts: false, role: "diagnostic" },
      calibrateStop: { proof: becomes({ calibrating: false }), within: 60, interrupts: false, role: "diagnostic" },
      beeperOn: { proof: becomes({ beeper: "enabled" }), within: 15, interrupts: false, role: "diagnostic" },
      beeperOff: { proof: becomes({ beeper: "disabled" }), within: 15, interrupts: false, role: "diagnostic" },
      beeperMute: { proof: becomes({ beeper: "muted" }), within: 15, interrupts: false, role: "diagnostic" },
      /** The UPS takes power from its load and gives it back when mains are there. */
      shutdownReturn: { proof: goesDown, within: 30, interrupts: true, guarded: true, value: delay, role: "diagnostic" },
      /** The UPS takes power from its load and stays off. */
      shutdownStayOff: { proof: goesDown, within: 30, interrupts: true, guarded: true, value: delay, role: "diagnostic" },
      shutdownStop: { proof: becomes({ shutdownPending: false, forcedShutdown: false }), within: 30, interrupts: false, role: "diagnostic" },
      loadOn: { proof: becomes({ off: false }), within: 30, interrupts: false, value: delay, role: "diagnostic" },
      loadOff: { proof: goesDown, within: 30, interrupts: true, guarded: true, value: delay, role: "diagnostic" },
    },
  },
  /** What a device tells or lets be set beside all this, as it stands; the part's name says what it is. Its unit and limits are in the description. */
  variable: {
    points: {
      number: number("plain", aside),
      choice: { type: "text", ...aside },
      text: { type: "text", ...aside },
    },
    commands: {
      set: {
        proof: { kind: "takes", points: ["number", "choice", "text"] },
        within: 30,
        interrupts: false,
        value: { type: "any", needed: true },
        role: "diagnostic",
      },
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
