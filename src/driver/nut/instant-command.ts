import type { CommandName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";

/** NUT's instant commands for ours (docs/nut-names.txt, "Instant commands"), the first that the server lists. */
const ofUps: readonly (readonly [CommandName, readonly string[]])[] = [
  ["ups.test", ["test.battery.start.quick", "test.battery.start"]],
  ["ups.testDeep", ["test.battery.start.deep"]],
  ["ups.testStop", ["test.battery.stop"]],
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

export type InstantCommands = ReadonlyMap<CommandName, string>;

const choose = (candidates: readonly (readonly [CommandName, readonly string[]])[], listed: ReadonlySet<string>): InstantCommands =>
  new Map(
    candidates.flatMap(([name, words]) => {
      const found = words.find((word) => listed.has(word));
      return found === undefined ? [] : [[name, found] as const];
    }),
  );

/** What a part takes, and the instant command for each. */
export const instantCommands = (part: PartId, listed: ReadonlySet<string>): InstantCommands => {
  if (part === "ups") return choose(ofUps, listed);
  const [kind, number] = part.split("/");
  if (kind !== "outlet" || number === undefined) return new Map();
  return choose(
    ofOutlet.map(([name, word]) => [name, [`outlet.${number}.${word}`]] as const),
    listed,
  );
};
