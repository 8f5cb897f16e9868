import { Fault, isFault } from "#domain/fault.ts";
import type { NutConnection } from "#transport/nut/connection.ts";
import { refusalCode } from "#transport/nut/error.ts";
import { getVariable, listUpses, type Question } from "#transport/nut/question.ts";
import { addressOf } from "#transport/nut/server.ts";
import type { NutOptions } from "./option.ts";

export type Ask = <T>(question: Question<T>, signal: AbortSignal) => Promise<T>;

/** Asks, and where the server wants to know who asks, logs in and asks once more: only then does the password travel. */
export const asker =
  (link: NutConnection, options: NutOptions): Ask =>
  async (question, signal) => {
    try {
      return await link.ask(question, { signal });
    } catch (error) {
      const code = refusalCode(error);
      if (code === "UNKNOWN-UPS") throw await unknownUps(link, options, signal);
      if (!isFault(error, "denied") || code === undefined || options.username === undefined) throw error;
      await link.login();
      return await link.ask(question, { signal });
    }
  };

const unknownUps = async (link: NutConnection, options: NutOptions, signal: AbortSignal): Promise<Fault> => {
  const names = [...(await link.ask(listUpses, { signal })).keys()].slice(0, 20);
  const others = names.length > 0 ? `it has ${names.map((name) => `"${name}"`).join(", ")}` : "it has none at all";
  return new Fault("unsupported", `The NUT server ${addressOf(options)} has no UPS "${options.ups}"; ${others}`, { cause: "UNKNOWN-UPS" });
};

/** One variable, or undefined when the UPS does not have it. */
export const oneVariable = async (ask: Ask, ups: string, name: string, signal: AbortSignal): Promise<string | undefined> => {
  try {
    return await ask(getVariable(ups, name), signal);
  } catch (error) {
    if (refusalCode(error) === "VAR-NOT-SUPPORTED") return undefined;
    throw error;
  }
};

export const fewVariables = async (ask: Ask, ups: string, names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
  const answers = names.map(async (name) => [name, await oneVariable(ask, ups, name, signal)] as const);
  return new Map((await Promise.all(answers)).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
};
