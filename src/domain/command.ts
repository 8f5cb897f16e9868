import type { CommandName } from "./capability.ts";
import type { DeviceId, PartId } from "./device.ts";

/** Through which door a command came. `person`: for whom the caller acts, as the caller says. */
export type Origin =
  | { readonly via: "mqtt" }
  | { readonly via: "rest"; readonly key: string; readonly person?: string }
  | { readonly via: "page"; readonly person: string }
  /** A client of our NUT server, by the user it has logged in as. */
  | { readonly via: "nut"; readonly user: string }
  | { readonly via: "engine"; readonly why: string };

export interface Command {
  readonly device: DeviceId;
  readonly part: PartId;
  readonly name: CommandName;
  readonly by: Origin;
  /** What the command is to be done with, where it takes something: a delay in seconds, the new value of a variable. */
  readonly value?: number | string;
  /** Why, in the words of whoever asked. */
  readonly reason?: string;
  /** The token that answers a refusal of kind `confirmation-needed`; good once, for the same command. */
  readonly confirm?: string;
}

export const describeOrigin = (by: Origin): string => {
  switch (by.via) {
    case "mqtt":
      return "MQTT";
    case "rest":
      return by.person === undefined ? `REST key ${by.key}` : `${by.person} (REST key ${by.key})`;
    case "page":
      return `${by.person} (page)`;
    case "nut":
      return `${by.user} (NUT)`;
    case "engine":
      return by.why;
  }
};
