import type { DeviceId, Limits } from "#domain/device.ts";
import type { NutUser } from "./option.ts";
import type { Result } from "./word.ts";

/** A UPS at one moment, in the words of the protocol. Never changes; ask again for a newer one. */
export interface ServedUps {
  readonly id: DeviceId;
  /** For a person. */
  readonly description: string;
  /** Why nothing is known of it now. */
  readonly trouble?: "DRIVER-NOT-CONNECTED" | "DATA-STALE";
  /** In order of their names, as upsd sends them. */
  readonly variables: ReadonlyMap<string, string>;
  /** Of the variables those that can be set, and to what. */
  readonly writable: ReadonlyMap<string, Limits>;
  /** Instant commands, in order. */
  readonly commands: readonly string[];
}

/** What the server serves. */
export interface NutRack {
  /** Every name under which there is a UPS. */
  upses(): ReadonlyMap<string, ServedUps>;
  /** Small and capital letters are the same. */
  find(name: string): ServedUps | undefined;
  /** Carries out one of the UPS's commands. Never rejects. */
  instruct(ups: ServedUps, command: string, parameter: string | undefined, user: NutUser): Promise<Result>;
  /** Sets one of the UPS's writable variables to a value that fits it. Never rejects. */
  set(ups: ServedUps, variable: string, value: string, user: NutUser): Promise<Result>;
  /** Tells every client from now on that the load is about to be cut off; drops nothing by itself. */
  force(ups: ServedUps, user: NutUser): void;
}
