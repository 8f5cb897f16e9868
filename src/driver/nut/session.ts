import type { Command } from "#domain/command.ts";
import type { Wanted } from "#domain/device.ts";
import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import type { Session } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import type { NutConnection } from "#transport/nut/connection.ts";
import { refusalCode } from "#transport/nut/error.ts";
import { getVariable, instantCommand, listCommands, listUpses, listVariables, type Question } from "#transport/nut/question.ts";
import { addressOf } from "#transport/nut/server.ts";
import type { NutOptions } from "./option.ts";
import { type Plan, planOf, readingsOf } from "./reading.ts";
import { describe, type Shape, shapeOf, type Variables } from "./shape.ts";
import { follow } from "./tracking.ts";

/** Up to this many variables are asked one by one: a single line is answered at once, a list waits for delayed acknowledgements. */
const fewVariables = 2;

/** upsd says WAIT from its connecting to a driver until the driver's first data: a state of the server, not of the UPS. */
const awake = (ups: string, variables: Variables): Variables => {
  if (variables.get("ups.status") !== "WAIT") return variables;
  throw new Fault("unreachable", `The NUT server has no data of UPS "${ups}" yet (WAIT)`);
};

type Ask = <T>(question: Question<T>, signal: AbortSignal) => Promise<T>;

/** Asks, and where the server wants to know who asks, logs in and asks once more: only then does the password travel. */
const asker =
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

const fetchFew = async (ask: Ask, ups: string, names: readonly string[], signal: AbortSignal): Promise<Variables> => {
  const answers = names.map(async (name): Promise<readonly (readonly [string, string])[]> => {
    try {
      return [[name, await ask(getVariable(ups, name), signal)]];
    } catch (error) {
      if (refusalCode(error) === "VAR-NOT-SUPPORTED") return [];
      throw error;
    }
  });
  return new Map((await Promise.all(answers)).flat());
};

/** A refusal came before anything was passed on; whatever else went wrong after the request had left may have acted. */
const instruct = async (link: NutConnection, ups: string, name: string, signal: AbortSignal): Promise<string | undefined> => {
  let sent = false;
  try {
    return (await link.ask(instantCommand(ups, name), { signal, sent: () => void (sent = true) })).tracking;
  } catch (error) {
    throw sent && isFault(error) && refusalCode(error) === undefined ? afterWrite(error) : error;
  }
};

/** One UPS on a connection that it shares with the others of its server. */
export const openSession = (clock: Clock, link: NutConnection, options: NutOptions): Session => {
  const { ups } = options;
  const ask = asker(link, options);
  let shape: Shape = new Map();
  let plans = new WeakMap<readonly Wanted[], Plan>();
  const planFor = (wanted: readonly Wanted[]): Plan => {
    const plan = plans.get(wanted) ?? planOf(wanted, shape);
    plans.set(wanted, plan);
    return plan;
  };
  return {
    describe: async (signal) => {
      const [variables, commands] = await Promise.all([ask(listVariables(ups), signal), ask(listCommands(ups), signal)]);
      // upsd takes commands from nobody without name and password. Whether these give the right, only a command shows: upsd looks at
      // the user last, after UPS and command, and has no way to ask without acting. So all are offered, and a refusal is told at use.
      const anonymous = options.username === undefined || options.password === undefined;
      shape = shapeOf(awake(ups, variables), anonymous ? [] : commands);
      plans = new WeakMap();
      return describe(shape, variables);
    },
    read: async (wanted, signal) => {
      const plan = planFor(wanted);
      if (plan.variables.length === 0) return [];
      const few = plan.variables.length <= fewVariables;
      return readingsOf(plan, awake(ups, few ? await fetchFew(ask, ups, plan.variables, signal) : await ask(listVariables(ups), signal)));
    },
    execute: async (command: Command, signal) => {
      const name = shape.get(command.part)?.commands.get(command.name);
      if (name === undefined) throw new Fault("unsupported", `UPS "${ups}" takes no ${command.name} for ${command.part} from this login`);
      await link.login();
      const tracking = await instruct(link, ups, name, signal);
      if (tracking !== undefined) await follow(clock, link, tracking, signal);
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
};
