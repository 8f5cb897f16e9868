import type { Gate } from "./gate.ts";
import type { NutDependencies, NutLimits } from "./option.ts";
import type { ServedUps } from "./rack.ts";
import type { Tracker } from "./tracker.ts";
import type { Turns } from "./turn.ts";
import type { ErrorWord } from "./word.ts";
import { refusal } from "./word.ts";

/** What the server knows of one connection. */
export interface Client {
  readonly address: string;
  username?: string;
  password?: string;
  /** The UPS for which it has said LOGIN. */
  login?: string;
  tracking: boolean;
  encrypted: boolean;
}

/** All that answers are made from. */
export interface Desk extends Pick<NutDependencies, "rack" | "clock" | "version"> {
  readonly gate: Gate;
  readonly tracker: Tracker;
  readonly turns: Turns;
  readonly limits: NutLimits;
  readonly hasTls: () => boolean;
  clients(): Iterable<Client>;
}

/** Lines without the last line end. A promise where an outcome is waited for. */
export type Reply = string | Promise<string>;
export type Verb = (args: readonly string[], client: Client, desk: Desk) => Reply;

/** The rest of an answer about a UPS, if there is such a UPS and something is known of it. */
export const withUps = (desk: Desk, name: string, say: (ups: ServedUps) => Reply): Reply => {
  const ups = desk.rack.find(name);
  if (!ups) return refusal("UNKNOWN-UPS");
  return ups.trouble === undefined ? say(ups) : refusal(ups.trouble);
};

export const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);

export const invalid: ErrorWord = "INVALID-ARGUMENT";
