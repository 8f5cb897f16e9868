import type { CommandName } from "./capability.ts";
import type { DeviceId, PartId } from "./device.ts";

/** Through which door a command came. `person`: for whom the caller acts, as the caller says. */
export type Origin =
  | { readonly via: "mqtt" }
  | { readonly via: "rest"; readonly key: string; readonly person?: string }
  | { readonly via: "page"; readonly person: string }
  | { readonly via: "engine"; readonly why: string };

export interface Command {
  readonly device: DeviceId;
  readonly part: PartId;
  readonly name: CommandName;
  readonly by: Origin;
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
    case "engine":
      return by.why;
  }
};
