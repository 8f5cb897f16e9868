import type { CommandName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import { delayedNames, instantNames } from "#domain/nut-command.ts";

export type InstantCommands = ReadonlyMap<CommandName, string>;

/** What a part takes, and the instant command for each: the first of its names that the server lists. */
export const instantCommands = (part: PartId, listed: ReadonlySet<string>): InstantCommands =>
  new Map(
    instantNames(part).flatMap(([name, words]) => {
      const found = words.find((word) => listed.has(word));
      return found === undefined ? [] : [[name, found] as const];
    }),
  );

const waits: ReadonlySet<string> = new Set(["shutdown.return", "shutdown.stayoff"]);

/**
 * The words of an instant command that is to wait `seconds`. Throws `Fault` where the UPS would not wait as long as it is told: a load that is cut
 * off too early is worse than one that is not. `ownDelay`: the wait that its driver keeps in `ups.delay.shutdown`, and takes whatever comes
 * with the command (instcmd in NUT's drivers/usbhid-ups.c); undefined where it keeps none.
 */
export const withDelay = (
  name: string,
  seconds: number,
  listed: ReadonlySet<string>,
  ownDelay: string | undefined,
): readonly [name: string, parameter?: string] => {
  if (!Number.isInteger(seconds) || seconds < 0) throw new Fault("rejected", "The delay must be a whole number of seconds");
  const later = delayedNames[name];
  if (later !== undefined) {
    if (seconds === 0) return [name];
    if (!listed.has(later)) throw new Fault("unsupported", `The UPS takes no delay with ${name}: its driver does not list ${later}`);
    return [later, String(seconds)];
  }
  if (!waits.has(name)) throw new Fault("unsupported", `${name} takes no delay`);
  if (ownDelay === undefined) return [name, String(seconds)];
  if (Number(ownDelay) === seconds) return [name];
  throw new Fault("unsupported", `The UPS waits ${Number(ownDelay)} s, as its ups.delay.shutdown says: set that, and give the same delay or none`);
};
