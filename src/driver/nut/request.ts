import type { Command } from "#domain/command.ts";
import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import type { NutConnection } from "#transport/nut/connection.ts";
import { refusalCode } from "#transport/nut/error.ts";
import { type Accepted, instantCommand, type Question, setVariable } from "#transport/nut/question.ts";
import { type Ask, oneVariable } from "./ask.ts";
import type { Facts } from "./fact.ts";
import { withDelay } from "./instant-command.ts";
import type { Writable } from "./setting.ts";
import { isDecimal } from "./value.ts";

/** How a value is written into a variable (docs/nut-names.txt, "Numeric format"). Throws `Fault` rejected; the server judges the rest. */
export const textOf = (writable: Writable | undefined, value: number | string | undefined): string => {
  if (value === undefined) throw new Fault("rejected", "A variable needs a value to be set to");
  const text = String(value).trim();
  const { options } = writable?.limits ?? {};
  if (options) {
    // Drivers write 020 where we read 20.
    const option = options.find((one) => one === text) ?? options.find((one) => isDecimal(one) && isDecimal(text) && Number(one) === Number(text));
    if (option === undefined) throw new Fault("rejected", `The variable takes ${options.map((one) => `"${one}"`).join(", ")} and nothing else`);
    return option;
  }
  if (writable?.kind === "number" && !isDecimal(text)) throw new Fault("rejected", "The variable takes a number, in digits with a dot");
  return typeof value === "number" ? text : value;
};

/** What is to be told to the server for a command that it knows as `name`. Throws `Fault` before anything is written. */
export const requestFor = async (ask: Ask, ups: string, name: string, command: Command, facts: Facts, signal: AbortSignal): Promise<Question<Accepted>> => {
  const { value } = command;
  if (command.name === "variable.set") return setVariable(ups, name, textOf(facts.writables.get(name), value));
  if (value === undefined) return instantCommand(ups, name);
  if (typeof value !== "number") throw new Fault("rejected", "The delay must be a number of seconds");
  const own = await oneVariable(ask, ups, "ups.delay.shutdown", signal);
  return instantCommand(ups, ...withDelay(name, value, new Set(facts.commands), own));
};

/**
 * Sends it once; gives the id by which the server tracks it. A refusal came before anything was passed on; whatever else went wrong after the
 * request had left may have acted.
 */
export const send = async (link: NutConnection, question: Question<Accepted>, signal: AbortSignal): Promise<string | undefined> => {
  let sent = false;
  try {
    return (await link.ask(question, { signal, sent: () => void (sent = true) })).tracking;
  } catch (error) {
    throw sent && isFault(error) && refusalCode(error) === undefined ? afterWrite(error) : error;
  }
};
