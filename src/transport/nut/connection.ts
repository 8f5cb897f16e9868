import type { Duplex } from "node:stream";
import { deadline } from "#platform/abort.ts";
import type { Clock } from "#platform/clock.ts";
import { Fault } from "#domain/fault.ts";
import { dial, secure } from "./dial.ts";
import { refusalCode, unreachable } from "./error.ts";
import { inRecords } from "./record.ts";
import { type AskOptions, patience, Pipeline } from "./pipeline.ts";
import { logout, password, type Question, startTls, trackingOn, userName, version } from "./question.ts";
import { addressOf, type NutServer } from "./server.ts";

/** upsd closes on a client that was silent for 60 s (mainloop in NUT's server/upsd.c). */
const keepAlive = 25_000;
/** Farewell is politeness: it must not hold up a stop. */
const farewell = 1000;
/** A connection to one server. */
export interface NutConnection extends AsyncDisposable {
  readonly open: boolean;
  /** Throws `Fault`: the server's refusal, or timeout, malformed, unreachable. */
  ask<T>(question: Question<T>, options?: AskOptions): Promise<T>;
  /** Gives name and password, once, and asks for tracking of commands. upsd takes any password here and complains at use. */
  login(): Promise<void>;
}

const attach = (clock: Clock, stream: Duplex, server: NutServer, encrypted: boolean): { pipeline: Pipeline; detach(): void } => {
  const write = encrypted ? inRecords(stream) : (text: string): void => void stream.write(text);
  const pipeline = new Pipeline(clock, write, () => stream.destroy());
  const take = (chunk: Buffer): void => pipeline.take(chunk);
  const fail = (error?: unknown): void => pipeline.end(unreachable(addressOf(server), error ?? {}));
  stream.on("data", take).on("error", fail).on("close", fail).on("end", fail);
  return { pipeline, detach: () => void stream.off("data", take).off("close", fail).off("end", fail) };
};

const upgraded = async (clock: Clock, server: NutServer, signal: AbortSignal): Promise<Pipeline> => {
  const socket = await dial(server, signal);
  const plain = attach(clock, socket, server, false);
  if (!server.tls) return plain.pipeline;
  try {
    await plain.pipeline.ask(startTls, { signal });
  } catch (error) {
    socket.destroy();
    if (refusalCode(error) === undefined) throw error;
    throw new Fault("unsupported", `The NUT server ${addressOf(server)} offers no TLS; set it up there, or set tls: off here`, { cause: error });
  }
  // Whatever came unencrypted behind the agreement is no answer to anything: nobody may slip one in.
  if (!plain.pipeline.open) throw new Fault("malformed", `The NUT server ${addressOf(server)} went on in the clear after it had agreed to TLS`);
  plain.detach();
  return attach(clock, await secure(socket, server, signal), server, true).pipeline;
};

const introduce = async (pipeline: Pipeline, server: NutServer): Promise<void> => {
  if (server.username === undefined) throw new Fault("denied", "The configuration gives no user name for the NUT server");
  const named = pipeline.ask(userName(server.username));
  const known = server.password ? pipeline.ask(password(server.password.reveal())) : undefined;
  const tracked = pipeline.ask(trackingOn).catch((error: unknown) => {
    // Servers before protocol 1.3 (NUT 2.8.0) refuse it: they answer a command with OK and tell no more.
    if (refusalCode(error) === undefined) throw error;
  });
  await Promise.all([named, known, tracked]);
};

/** Connects, over TLS when `server.tls` is there, without logging in. Throws `Fault`; the signal ends the attempt. */
export const connectNut = async (clock: Clock, server: NutServer, signal: AbortSignal): Promise<NutConnection> => {
  const pipeline = await upgraded(clock, server, deadline(patience, signal));
  let idle = clock.after(keepAlive, () => undefined);
  let introduced: Promise<void> | undefined;
  const stay = (): void => {
    idle[Symbol.dispose]();
    if (!pipeline.open) return;
    idle = clock.after(keepAlive, () => {
      // Failing, it ends the pipeline; whoever asks next is told.
      pipeline.ask(version).catch(() => undefined);
      stay();
    });
  };
  stay();
  return {
    get open() {
      return pipeline.open;
    },
    ask: (question, options) => {
      stay();
      return pipeline.ask(question, options);
    },
    login: () => (introduced ??= introduce(pipeline, server)),
    [Symbol.asyncDispose]: async () => {
      idle[Symbol.dispose]();
      await pipeline.ask(logout, { signal: deadline(farewell) }).catch(() => undefined);
      pipeline.end(new Fault("unreachable", "The connection to the NUT server was closed"));
    },
  };
};
