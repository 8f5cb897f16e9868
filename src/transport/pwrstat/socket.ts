import { once } from "node:events";
import { connect } from "node:net";
import { addAbortSignal } from "node:stream";
import { Fault, type FaultKind } from "#domain/fault.ts";
import { deadline } from "#platform/abort.ts";

/** Milliseconds. The daemon answers out of its memory. */
const patience = 5000;
/** Characters. An answer has about 500. */
const longest = 16_384;

const causes: Readonly<Record<string, readonly [FaultKind, string]>> = {
  ENOENT: ["unreachable", "it is not there; pwrstatd does not run, or its socket is not mounted here"],
  ENOTDIR: ["unreachable", "it is not there; pwrstatd does not run, or its socket is not mounted here"],
  ECONNREFUSED: ["unreachable", "nobody listens there any more; pwrstatd has ended, or made a new one that is not mounted here"],
  ECONNRESET: ["unreachable", "pwrstatd closed the connection"],
  EPIPE: ["unreachable", "pwrstatd closed the connection"],
  EAGAIN: ["unreachable", "pwrstatd takes no further connection now"],
  EACCES: ["denied", "this program's user may not use it"],
  EPERM: ["denied", "this program's user may not use it"],
};

const faultOf = (path: string, error: unknown): Fault => {
  const code = String((error as NodeJS.ErrnoException).code);
  const [kind, why] = (Object.hasOwn(causes, code) ? causes[code] : undefined) ?? ["unreachable", "the connection was lost"];
  return new Fault(kind, `The socket ${path} cannot be used: ${why}`, { cause: error });
};

const converse = async (path: string, question: string, signal: AbortSignal): Promise<string> => {
  const socket = connect(path);
  try {
    await once(socket, "connect", { signal });
    socket.setEncoding("utf8").write(`${question}\n\n`);
    addAbortSignal(signal, socket);
    let text = "";
    for await (const chunk of socket) {
      text += String(chunk);
      const end = text.search(/\n\r?\n/);
      if (end >= 0) return text.slice(0, end);
      if (text.length > longest) throw new Fault("malformed", `The socket ${path} gave more than pwrstatd ever says`);
    }
    if (text === "") throw new Fault("unreachable", `The socket ${path} was closed without an answer`);
    throw new Fault("malformed", `The answer from the socket ${path} broke off`);
  } finally {
    socket.destroy();
  }
};

/**
 * Asks CyberPower's daemon, on a connection of its own. The answer repeats the question in its first line and ends with an empty one (seen in
 * public clients of it; there is no document). Throws `Fault`: unreachable, denied, timeout, malformed; or the signal's reason.
 */
export const askSocket = async (path: string, question: string, signal: AbortSignal): Promise<string> => {
  const end = deadline(patience, signal);
  try {
    return await converse(path, question, end);
  } catch (error) {
    if (error instanceof Fault) throw error;
    signal.throwIfAborted();
    if (end.aborted) throw new Fault("timeout", `pwrstatd does not answer on its socket ${path}`, { cause: error });
    throw faultOf(path, error);
  }
};
