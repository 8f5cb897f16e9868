import { once } from "node:events";
import { connect } from "node:net";
import { deadline } from "#platform/abort.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import type { CliNeeds } from "./need.ts";

const patience = 5000;

/** Says one line to the control port of a running demonstration; the lines of its answer. Throws `Stop` when none answers there. */
export const say = async (port: number, line: string): Promise<readonly string[]> => {
  const socket = connect({ host: "127.0.0.1", port, signal: deadline(patience) }).setEncoding("utf8");
  try {
    await once(socket, "connect");
    socket.write(`${line}\n`);
    let heard = "";
    for await (const chunk of socket) {
      heard += String(chunk);
      if (heard.endsWith("\n\n")) return heard.trimEnd().split("\n");
    }
  } catch (error) {
    throw new Stop(exitCodes.unreachable, `no demonstration answers on port ${port} (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  } finally {
    socket.destroy();
  }
  throw new Stop(exitCodes.unreachable, `what answers on port ${port} is no demonstration`);
};

export interface SimulateOptions {
  readonly port?: string;
}

/** Without words: runs the demonstration. With them: tells the one that runs, such as `mains off`. */
export const simulate = async (words: readonly string[], { port }: SimulateOptions, needs: CliNeeds): Promise<ExitCode> => {
  if (words.length === 0) return needs.run({});
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new Stop(exitCodes.usage, "--port: expected a number");
  const there = port === undefined ? (await needs.demonstration())?.controlPort : Number(port);
  if (there === undefined) throw new Stop(exitCodes.unreachable, "no demonstration is running");
  const [first = "", ...rest] = await say(there, words.join(" "));
  if (first.startsWith("ERR ")) throw new Stop(exitCodes.usage, [first.slice(4), ...rest].join("\n  "));
  needs.print([first, ...rest, ""].join("\n"));
  return exitCodes.ok;
};
