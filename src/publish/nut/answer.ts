import { decodeWords } from "#domain/nut-line.ts";
import { forcedShutdown, login, master, password, personal, primary, userName } from "./account.ts";
import { instruct, set } from "./change.ts";
import { invalid, own, type Client, type Desk, type Reply, type Verb } from "./desk.ts";
import { answerGet } from "./get.ts";
import { answerList } from "./list.ts";
import { refusal } from "./word.ts";

/** The protocol that NUT 2.8 speaks: RFC 9271 with TRACKING. */
const protocolVersion = "1.3";
export const goodbye = "OK Goodbye";
export const agreedTls = "OK STARTTLS";

/** Takes no words behind it. */
const bare =
  (verb: Verb): Verb =>
  (args, client, desk) =>
    args.length > 0 ? refusal(invalid) : verb(args, client, desk);

const startTls: Verb = (_, { encrypted }, { hasTls }) => {
  if (encrypted) return refusal("ALREADY-SSL-MODE");
  return hasTls() ? agreedTls : refusal("FEATURE-NOT-CONFIGURED");
};

const verbs: Readonly<Record<string, Verb>> = {
  VER: bare((_, _client, { version }) => `Rack Power ${version}, with the protocol of Network UPS Tools upsd 2.8`),
  NETVER: bare(() => protocolVersion),
  PROTVER: bare(() => protocolVersion),
  HELP: bare(() => `Commands: ${Object.keys(verbs).join(" ")}`),
  GET: answerGet,
  LIST: (args, _client, desk) => answerList(args, desk),
  SET: personal(set),
  INSTCMD: personal(instruct),
  USERNAME: userName,
  PASSWORD: password,
  LOGIN: personal(login),
  PRIMARY: personal(primary),
  MASTER: personal(master),
  FSD: personal(forcedShutdown),
  STARTTLS: startTls,
  LOGOUT: bare(() => goodbye),
};

/** The answer to one line, without its end; undefined for an empty line, which upsd passes over too. */
export const answer = (line: string, client: Client, desk: Desk): Reply | undefined => {
  const words = decodeWords(line);
  if (!words) return refusal(invalid);
  const [name, ...args] = words;
  if (name === undefined) return undefined;
  return own(verbs, name.toUpperCase())?.(args, client, desk) ?? refusal("UNKNOWN-COMMAND");
};
