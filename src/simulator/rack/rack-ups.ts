import type { SimulatedUps } from "#simulator/nut/simulated-ups.ts";

export interface UpsDesign {
  readonly name: string;
  readonly description: string;
  readonly model: string;
  readonly serial: string;
  /** Energy of a full battery, in Wh; small, so that an outage is over while somebody watches. */
  readonly battery: number;
  /** What it can carry, in W. */
  readonly nominal: number;
  /** What it carries now, in W. */
  readonly load: () => number;
}

/** A UPS of the simulated rack, and its way through time. */
export interface RackUps extends SimulatedUps {
  /** Lets `seconds` pass. */
  tick(seconds: number, mains: boolean): void;
  /** False when the battery is empty and there are no mains. */
  readonly feeds: boolean;
  /** 0 to 1. */
  readonly charge: number;
}

const lowCharge = 0.2;
/** Part of the battery that is charged back in a second of mains. */
const charging = 1 / 300;
const testSeconds = 10;

export const createUps = ({ name, description, model, serial, battery, nominal, load }: UpsDesign): RackUps => {
  let charge = 1;
  let mains = true;
  let beeper = "enabled";
  let testing = 0;
  let result = "No test initiated";

  const feeds = (): boolean => mains || charge > 0;
  const words = (): string[] => {
    const low = charge <= lowCharge ? ["LB"] : [];
    if (!feeds()) return ["OFF", ...low];
    if (!mains) return ["OB", "DISCHRG", ...low];
    return ["OL", ...(charge < 1 ? ["CHRG"] : []), ...(testing > 0 ? ["TEST"] : []), ...low];
  };
  const variables = (): ReadonlyMap<string, string> => {
    const watts = feeds() ? load() : 0;
    return new Map([
      ["device.mfr", "Rack Power"],
      ["device.model", model],
      ["device.serial", serial],
      ["device.type", "ups"],
      ["ups.status", words().join(" ")],
      ["ups.load", ((watts / nominal) * 100).toFixed(1)],
      ["ups.realpower", watts.toFixed(0)],
      ["ups.realpower.nominal", String(nominal)],
      ["ups.beeper.status", beeper],
      ["ups.test.result", result],
      ["battery.charge", (charge * 100).toFixed(1)],
      ["battery.charge.low", String(lowCharge * 100)],
      ["battery.runtime", watts > 0 ? ((battery * charge * 3600) / watts).toFixed(0) : "0"],
      ["battery.voltage", (24 + 3 * charge).toFixed(2)],
      ["input.voltage", mains ? "230.4" : "0.0"],
      ["input.frequency", mains ? "50.0" : "0.0"],
      ["output.voltage", feeds() ? "230.0" : "0.0"],
      ["output.frequency", feeds() ? "50.0" : "0.0"],
    ]);
  };
  const verbs: Readonly<Record<string, () => void>> = {
    "test.battery.start.quick": () => {
      testing = testSeconds;
      result = "In progress";
    },
    "test.battery.stop": () => {
      testing = 0;
      result = "Aborted";
    },
    "beeper.enable": () => void (beeper = "enabled"),
    "beeper.disable": () => void (beeper = "disabled"),
    "beeper.mute": () => void (beeper = "muted"),
  };

  return {
    name,
    description,
    variables,
    commands: Object.keys(verbs),
    command: (verb) => {
      const act = verbs[verb];
      if (!act || (verb === "test.battery.start.quick" && !mains)) return "failed";
      act();
      return "ok";
    },
    tick: (seconds, mainsNow) => {
      mains = mainsNow;
      charge = mains ? Math.min(1, charge + seconds * charging) : Math.max(0, charge - (load() * seconds) / 3600 / battery);
      if (testing > 0 && (testing -= seconds) <= 0) result = "Done and passed";
    },
    get feeds() {
      return feeds();
    },
    get charge() {
      return charge;
    },
  };
};
