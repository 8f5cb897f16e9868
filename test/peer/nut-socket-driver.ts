import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** How a driver answers an instant command (TRACKING codes of NUT's driver socket): done, unknown, invalid, failed; `silence` says nothing. */
export type Outcome = 0 | 1 | 2 | 3 | "silence";

/** A UPS driver whose every word the test decides. The real upsd connects to its socket as to any driver of NUT's. */
export interface SocketDriver extends AsyncDisposable {
  /** Changes variables; upsd knows them at once. */
  set(variables: Readonly<Record<string, string>>): void;
  remove(variable: string): void;
  /** The driver says that its data are old, or good again. */
  stale(old: boolean): void;
  /** Instant commands that reached the driver, in order, with their parameter; and what was set, as `name=value`. */
  readonly given: readonly string[];
  /** Hangs up on upsd and listens no more, as a driver that was killed. */
  kill(): Promise<void>;
}

/** Without any of these upsd takes it for a number. */
export interface SocketWritable {
  readonly longest?: number;
  readonly values?: readonly string[];
  readonly ranges?: readonly (readonly [least: number, most: number])[];
}

export interface SocketDriverOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly commands?: readonly string[];
  /** Variables that can be set, and to what. One that is set takes its value when `obey` says done. */
  readonly writables?: Readonly<Record<string, SocketWritable>>;
  /** Without it every command is done at once. */
  readonly obey?: (command: string) => Outcome | Promise<Outcome>;
  /** Never sends its variables, so that upsd stays at WAIT. */
  readonly mute?: boolean;
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
const setLine = (name: string, value: string): string => `SETINFO ${name} ${quoted(value)}\n`;

const writableLines = ([name, { longest, values = [], ranges = [] }]: readonly [string, SocketWritable]): readonly string[] => [
  `SETFLAGS ${name} RW${longest === undefined ? "" : " STRING"}`,
  ...(longest === undefined ? [] : [`SETAUX ${name} ${longest}`]),
  ...values.map((value) => `ADDENUM ${name} ${quoted(value)}`),
  ...ranges.map(([least, most]) => `ADDRANGE ${name} ${least} ${most}`),
];

/** What upsd asks of a driver: `SET name "value" TRACKING id`, `INSTCMD name value`, `PING`. */
const parse = (
  line: string,
): { readonly verb: string | undefined; readonly name: string; readonly value: string | undefined; readonly id: string | undefined } => {
  const id = / TRACKING (\S+)$/.exec(line)?.[1];
  const [, verb, name = "", value] = /^(\S+)(?: (\S+))?(?: (.*))?$/.exec(line.replace(/ TRACKING \S+$/, "")) ?? [];
  return { verb, name, value: value?.replace(/^"(.*)"$/, "$1").replaceAll(/\\(.)/g, "$1"), id };
};

/** Listens where upsd looks for the driver: `<state path>/<driver>-<ups>`. */
export const startSocketDriver = async (path: string, options: SocketDriverOptions = {}): Promise<SocketDriver> => {
  const variables = new Map(Object.entries(options.variables ?? {}));
  const given: string[] = [];
  const sockets = new Set<Socket>();
  let old = false;
  const tell = (text: string): void => sockets.forEach((socket) => socket.write(text));
  const set = (changes: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(changes)) {
      variables.set(name, value);
      tell(setLine(name, value));
    }
  };
  const dump = (): string =>
    [...variables].map(([name, value]) => setLine(name, value)).join("") +
    (options.commands ?? []).map((name) => `ADDCMD ${name}\n`).join("") +
    Object.entries(options.writables ?? {})
      .flatMap(writableLines)
      .map((line) => `${line}\n`)
      .join("") +
    `${old ? "DATASTALE" : "DATAOK"}\nDUMPDONE\n`;
  const answer = async (socket: Socket, line: string): Promise<void> => {
    const { verb, name, value, id } = parse(line);
    if (verb === "PING") socket.write("PONG\n");
    if (verb === "DUMPALL" && !options.mute) socket.write(dump());
    if (verb !== "INSTCMD" && verb !== "SET") return;
    const what = verb === "SET" ? `${name}=${value ?? ""}` : [name, value].filter((word) => word !== undefined).join(" ");
    given.push(what);
    const outcome = (await options.obey?.(what)) ?? 0;
    if (verb === "SET" && outcome === 0) set({ [name]: value ?? "" });
    if (id !== undefined && outcome !== "silence") socket.write(`TRACKING ${id} ${outcome}\n`);
  };
  const end = async (): Promise<void> => {
    // First of all nobody comes in: upsd would connect again at once.
    const closed = new Promise((resolve) => server.close(resolve));
    sockets.forEach((socket) => socket.destroy());
    await closed;
    rmSync(path, { force: true });
  };
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    // readline hands the socket's errors on: upsd may end at any time.
    createInterface({ input: socket })
      .on("error", () => undefined)
      .on("line", (line) => void answer(socket, line));
  });
  await once(server.listen(path), "listening");
  return {
    set,
    remove: (name) => {
      variables.delete(name);
      tell(`DELINFO ${name}\n`);
    },
    stale: (now) => {
      old = now;
      tell(now ? "DATASTALE\n" : "DATAOK\n");
    },
    given,
    kill: end,
    [Symbol.asyncDispose]: end,
  };
};
