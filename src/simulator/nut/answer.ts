import { randomUUID } from "node:crypto";
import { answerGet } from "./get.ts";
import { answerList } from "./list.ts";
import { isTrusted, type NutClient, type NutRack, type SimulatedUps } from "./nut-rack.ts";

export interface Answer {
  /** Whole lines. */
  readonly text: string;
  /** The server closes after this. */
  readonly goodbye?: boolean;
}

type Verb = (args: readonly string[], client: NutClient, rack: NutRack) => string;

const find = (rack: NutRack, name: string | undefined): SimulatedUps | undefined => rack.upses().find((ups) => ups.name.toLowerCase() === name?.toLowerCase());

const userName: Verb = ([name], client) => {
  if (name === undefined) return "ERR INVALID-ARGUMENT";
  if (client.username !== undefined) return "ERR ALREADY-SET-USERNAME";
  client.username = name;
  return "OK";
};

const password: Verb = ([text], client) => {
  if (text === undefined) return "ERR INVALID-ARGUMENT";
  if (client.password !== undefined) return "ERR ALREADY-SET-PASSWORD";
  client.password = text;
  return "OK";
};

const login: Verb = ([name], client, rack) => {
  if (client.login !== undefined) return "ERR ALREADY-LOGGED-IN";
  const ups = find(rack, name);
  if (!ups) return name === undefined ? "ERR INVALID-ARGUMENT" : "ERR UNKNOWN-UPS";
  if (!isTrusted(client, rack)) return "ERR ACCESS-DENIED";
  client.login = ups.name;
  return "OK";
};

/** The order of the questions is upsd's: a command that is not there is told to anybody, whoever may give it. */
const instruct: Verb = ([name, command], client, rack) => {
  if (name === undefined || command === undefined) return "ERR INVALID-ARGUMENT";
  const ups = find(rack, name);
  if (!ups) return "ERR UNKNOWN-UPS";
  const listed = ups.commands.find((known) => known.toLowerCase() === command.toLowerCase());
  if (listed === undefined) return "ERR CMD-NOT-SUPPORTED";
  if (!isTrusted(client, rack)) return "ERR ACCESS-DENIED";
  const outcome = ups.command(listed);
  if (!client.tracking) return "OK";
  const id = randomUUID().toUpperCase();
  client.outcomes.set(id, outcome === "ok" ? "SUCCESS" : "ERR FAILED");
  return `OK TRACKING ${id}`;
};

const set: Verb = ([what, ...args], client, rack) => {
  if (what?.toUpperCase() === "TRACKING") {
    const state = args[0]?.toUpperCase();
    if (state !== "ON" && state !== "OFF") return "ERR INVALID-ARGUMENT";
    client.tracking = state === "ON";
    return "OK";
  }
  const [name, variable, value] = args;
  if (what?.toUpperCase() !== "VAR" || variable === undefined || value === undefined) return "ERR INVALID-ARGUMENT";
  const ups = find(rack, name);
  if (!ups) return "ERR UNKNOWN-UPS";
  if (!isTrusted(client, rack)) return "ERR ACCESS-DENIED";
  return ups.variables().has(variable) ? "ERR READONLY" : "ERR VAR-NOT-SUPPORTED";
};

/** Only for who has given a name and a password; whether they are right is looked at later. */
const personal =
  (verb: Verb): Verb =>
  (args, client, rack) => {
    if (client.username === undefined) return "ERR USERNAME-REQUIRED";
    return client.password === undefined ? "ERR PASSWORD-REQUIRED" : verb(args, client, rack);
  };

const verbs: Readonly<Record<string, Verb>> = {
  VER: () => "Network UPS Tools upsd 2.8.0 - simulated",
  NETVER: () => "1.3",
  PROTVER: () => "1.3",
  HELP: () => "Commands: HELP VER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS",
  STARTTLS: () => "ERR FEATURE-NOT-CONFIGURED",
  USERNAME: userName,
  PASSWORD: password,
  LOGIN: personal(login),
  INSTCMD: personal(instruct),
  SET: personal(set),
  GET: (args, client, rack) => answerGet(args, client, rack, (name) => find(rack, name)),
  LIST: (args, _client, rack) => answerList(args, rack, (name) => find(rack, name)),
};

/** The answer to one request; `words` is undefined for a line that is none. */
export const answer = (words: readonly string[] | undefined, client: NutClient, rack: NutRack): Answer => {
  const [name, ...args] = words ?? [];
  const verb = name?.toUpperCase() ?? "";
  if (verb === "LOGOUT") return { text: "OK Goodbye\n", goodbye: true };
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return { text: `${known ? known(args, client, rack) : "ERR UNKNOWN-COMMAND"}\n` };
};
