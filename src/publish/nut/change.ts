import type { Limits } from "#domain/device.ts";
import { userFor } from "./account.ts";
import { invalid, withUps, type Client, type Desk, type Reply, type Verb } from "./desk.ts";
import { isDecimal } from "./value-text.ts";
import { refusal, type ErrorWord, type Result } from "./word.ts";

/** After these it may have acted, or may yet: a client that tracks is told by its id. */
const open: ReadonlySet<Result> = new Set(["INSTCMD-FAILED", "SET-FAILED", "DRIVER-NOT-CONNECTED", "done"]);

/** What is refused at once is told at once. Else an id to ask by where the client tracks, or after a while OK: that is how little it says in this protocol. */
const told = async (work: Promise<Result>, { tracking }: Client, { tracker, clock, limits }: Desk): Promise<string> => {
  const late = Promise.withResolvers<Result>();
  using _timer = clock.after(tracking ? limits.glance : limits.promptness, () => late.resolve("done"));
  const result = await Promise.race([work, late.promise]);
  if (tracking && open.has(result)) return `OK TRACKING ${tracker.follow(work)}`;
  return result === "done" ? "OK" : refusal(result);
};

/** The order of the questions is upsd's: a command that is not there is told to anybody, whoever may give it. */
export const instruct: Verb = ([name, asked, parameter], client, desk) => {
  if (name === undefined || asked === undefined) return refusal(invalid);
  return withUps(desk, name, (ups) => {
    const command = asked.toLowerCase();
    if (!ups.commands.includes(command)) return refusal("CMD-NOT-SUPPORTED");
    const user = userFor(client, desk, ups);
    if (!user || (user.commands !== "all" && !user.commands.includes(command))) return refusal("ACCESS-DENIED");
    if (!desk.gate.mayChange(user)) return refusal("INSTCMD-FAILED");
    return told(desk.rack.instruct(ups, command, parameter, user), client, desk);
  });
};

/** Why a variable does not take a value; undefined when it does. */
const objection = (value: string, { options, least, most, longest }: Limits): ErrorWord | undefined => {
  if (longest !== undefined && value.length > longest) return "TOO-LONG";
  if (options && !options.includes(value)) return "INVALID-VALUE";
  if (least === undefined && most === undefined) return undefined;
  const number = isDecimal(value) ? Number(value) : Number.NaN;
  return number >= (least ?? -Infinity) && number <= (most ?? Infinity) ? undefined : "INVALID-VALUE";
};

const setVariable = ([name, asked, value]: readonly string[], client: Client, desk: Desk): Reply => {
  if (name === undefined || asked === undefined || value === undefined) return refusal(invalid);
  return withUps(desk, name, (ups) => {
    const variable = asked.toLowerCase();
    const user = userFor(client, desk, ups);
    if (!user?.set) return refusal("ACCESS-DENIED");
    if (!ups.variables.has(variable)) return refusal("VAR-NOT-SUPPORTED");
    const limits = ups.writable.get(variable);
    const wrong = limits ? objection(value, limits) : "READONLY";
    if (wrong) return refusal(wrong);
    if (!desk.gate.mayChange(user)) return refusal("SET-FAILED");
    return told(desk.rack.set(ups, variable, value, user), client, desk);
  });
};

const setTracking = (state: string | undefined, client: Client): string => {
  const word = state?.toUpperCase();
  if (word !== "ON" && word !== "OFF") return refusal(invalid);
  client.tracking = word === "ON";
  return "OK";
};

export const set: Verb = ([what = "", ...args], client, desk) => {
  switch (what.toUpperCase()) {
    case "TRACKING":
      return setTracking(args[0], client);
    case "VAR":
      return setVariable(args, client, desk);
    default:
      return refusal(invalid);
  }
};
