import { fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import type { ResponderMessage, ResponderOptions } from "./pdu-responder.ts";

export interface Responder extends AsyncDisposable {
  /** One PDU each, on 127.0.0.1, community `public` for reading and writing. */
  readonly ports: readonly number[];
  /** When the next SET reaches one of them: milliseconds of the clock of `monotonic`. */
  nextSet(): Promise<number>;
}

/** Milliseconds of CLOCK_MONOTONIC, which all processes of the machine share. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Starts PDUs in a process of their own, so that their processor time is not ours. */
export const startResponder = async (options: ResponderOptions): Promise<Responder> => {
  const child = fork(join(import.meta.dirname, "pdu-responder.ts"), [JSON.stringify(options)]);
  const heard = new EventEmitter<{ ports: [readonly number[]]; set: [number] }>();
  child.on("message", (message: ResponderMessage) => void ("set" in message ? heard.emit("set", message.set) : heard.emit("ports", message.ports)));
  const ended = once(child, "exit");
  const [ports] = (await Promise.race([once(heard, "ports"), ended.then(() => Promise.reject(new Error("the responder did not start")))])) as [
    readonly number[],
  ];
  return {
    ports,
    nextSet: async () => ((await once(heard, "set")) as [number])[0],
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
};
