import { commandSpec } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import { openToHomeAssistant, type PartSettings } from "#domain/device.ts";
import type { Refusal } from "#domain/outcome.ts";

export interface Forbidden {
  readonly refusal: Refusal;
  readonly detail: string;
}

/** What the configuration says against a command; nothing here asks the device. `confirmed` means that a valid token came with it. */
export const interlock = (command: Command, settings: PartSettings | undefined, confirmed: boolean): Forbidden | undefined => {
  const what = `${command.device} ${command.part}`;
  if (settings?.lock === "locked") return { refusal: "locked", detail: `${what} is locked in the configuration` };
  if (settings?.feedsThisHost && commandSpec(command.name).interrupts)
    return { refusal: "feeds-this-host", detail: `${what} carries the machine that Rack Power runs on` };
  const { guarded = false } = commandSpec(command.name);
  if ((settings?.lock === "confirm" || guarded) && !confirmed && !(command.by.via === "mqtt" && openToHomeAssistant(settings, guarded)))
    return { refusal: "confirmation-needed", detail: `${what} is switched only after a confirmation: repeat the command with the token given here` };
  return undefined;
};
