import type { NutConnection } from "#transport/nut/connection.ts";
import { listCommands, listVariables } from "#transport/nut/question.ts";
import type { Ask } from "./ask.ts";
import { heard, type Loss } from "./loss.ts";
import type { NutOptions } from "./option.ts";
import { askWritables, maySet, type Writable } from "./setting.ts";

/** All that a UPS has said of itself. */
export interface Facts {
  readonly variables: ReadonlyMap<string, string>;
  /** The instant commands that may be given to it. */
  readonly commands: readonly string[];
  readonly writables: ReadonlyMap<string, Writable>;
  /** Whether this login may set what can be set. */
  readonly settable: boolean;
}

/** upsd takes commands from nobody without name and password. */
export const isAnonymous = ({ username, password }: NutOptions): boolean => username === undefined || password === undefined;

/** Everything that can be asked of what a UPS is, in a handful of writes; or why the server knows nothing of it. */
export const askFacts = async (ask: Ask, link: NutConnection, options: NutOptions, signal: AbortSignal): Promise<Facts | { readonly loss: Loss }> => {
  const { ups } = options;
  const listed = ask(listVariables(ups), signal);
  const others = Promise.all([ask(listCommands(ups), signal), askWritables(ask, ups, listed, signal)]);
  // All fail together when the UPS is lost: the first says why.
  others.catch(() => undefined);
  const found = await heard(listed);
  if ("loss" in found) return found;
  const [commands, writables] = await others;
  // Whether a command is allowed, only giving it shows: upsd looks at the user last, after UPS and command. So all are offered, and a refusal
  // is told at use.
  const anonymous = isAnonymous(options);
  const settable = !anonymous && writables.size > 0 && (await maySet(link, ups, signal));
  return { variables: found.variables, commands: anonymous ? [] : commands, writables, settable };
};
