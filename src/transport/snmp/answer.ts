import type { Refused } from "./snmp-fault.ts";
import type { Varbind } from "./varbind.ts";

export interface Target {
  /** IP address. */
  readonly address: string;
  readonly port: number;
  /** How a person knows the device, for messages. */
  readonly name: string;
}

/** `exact`: the objects are those that were expected, in their order; they are good until the same is asked again. */
export type Answer = { readonly varbinds: readonly Varbind[]; readonly exact?: true } | { readonly refused: Refused };

export const isWhole = (answer: Answer, objects: number): boolean => "varbinds" in answer && answer.varbinds.length >= objects;
