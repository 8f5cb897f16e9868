import type { CommandName } from "./capability.ts";
import type { PartId } from "./device.ts";

/** NUT's instant commands for ours (docs/nut-names.txt, "Instant commands"), the best first. */
const ofUps: readonly (readonly [CommandName, readonly string[]])[] = [
  ["ups.test", ["test.battery.start.quick", "test.battery.start"]],
  ["ups.testDeep", ["test.battery.start.deep"]],
  ["ups.testStop", ["test.battery.stop"]],
  ["ups.calibrate", ["calibrate.start"]],
  ["ups.calibrateStop", ["calibrate.stop"]],
  ["ups.beeperOn", ["beeper.enable"]],
  ["ups.beeperOff", ["beeper.disable"]],
  ["ups.beeperMute", ["beeper.mute"]],
  ["ups.shutdownReturn", ["shutdown.return"]],
  ["ups.shutdownStayOff", ["shutdown.stayoff"]],
  ["ups.shutdownStop", ["shutdown.stop"]],
  ["ups.loadOn", ["load.on"]],
  ["ups.loadOff", ["load.off"]],
];
const ofOutlet: readonly (readonly [CommandName, string])[] = [
  ["outlet.on", "load.on"],
  ["outlet.off", "load.off"],
  ["outlet.cycle", "load.cycle"],
];

/** The commands that a part can have in NUT, each with its names there. */
export const instantNames = (part: PartId): readonly (readonly [CommandName, readonly string[]])[] => {
  if (part === "ups") return ofUps;
  const [kind, number] = part.split("/");
  if ((kind !== "outlet" && kind !== "outlet-group") || number === undefined) return [];
  return ofOutlet.map(([name, word]) => [name, [`${kind.replace("-", ".")}.${number}.${word}`]]);
};

/** Instant commands that wait as long as they are told, by those that do not wait. */
export const delayedNames: Readonly<Record<string, string>> = { "load.off": "load.off.delay", "load.on": "load.on.delay" };
