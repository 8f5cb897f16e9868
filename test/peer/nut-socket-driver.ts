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
  /** Instant commands that reached the driver, in order. */
  readonly given: readonly string[];
}

export interface SocketDriverOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly commands?: readonly string[];
  /** Without it every command is done at once. */
  readonly obey?: (command: string) => Outcome | Promise<Outcome>;
  /** Never sends its variables, so that upsd stays at WAIT. */
  readonly mute?: boolean;
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
const setLine = (name: string, value: string): string => `SETINFO ${name} ${quoted(value)}\n`;

/** Listens where upsd looks for the driver: `<state path>/<driver>-<ups>`. */
export const startSocketDriver = async (path: string, options: SocketDriverOptions = {}): Promise<SocketDriver> => {
  const variables = new Map(Object.entries(options.variables ?? {}));
  const given: string[] = [];
  const sockets = new Set<Socket>();
  let old = false;
  const tell = (text: string): void => sockets.forEach((socket) => socket.write(text));
  const dump = (): string =>
    [...variables].map(([name, value]) => setLine(name, value)).join("") +
    (options.commands ?? []).map((name) => `ADDCMD ${name}\n`).join("") +
    `${old ? "DATASTALE" : "DATAOK"}\nDUMPDONE\n`;
  const answer = async (socket: Socket, line: string): Promise<void> => {
    const [verb, name = "", ...rest] = line.split(" ");
    if (verb === "PING") socket.write("PONG\n");
    if (verb === "DUMPALL" && !options.mute) socket.write(dump());
    if (verb !== "INSTCMD") return;
    given.push(name);
    const outcome = (await options.obey?.(name)) ?? 0;
    const tracking = rest.indexOf("TRACKING");
    if (tracking >= 0 && outcome !== "silence") socket.write(`TRACKING ${rest[tracking + 1]} ${outcome}\n`);
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
    set: (changes) => {
      for (const [name, value] of Object.entries(changes)) {
        variables.set(name, value);
        tell(setLine(name, value));
      }
    },
    remove: (name) => {
      variables.delete(name);
      tell(`DELINFO ${name}\n`);
    },
    stale: (now) => {
      old = now;
      tell(now ? "DATASTALE\n" : "DATAOK\n");
    },
    given,
    [Symbol.asyncDispose]: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
    },
  };
};
