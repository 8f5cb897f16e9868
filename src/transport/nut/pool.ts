import { Fault } from "#domain/fault.ts";
import { abortable } from "#platform/abort.ts";
import type { Clock } from "#platform/clock.ts";
import { connectNut, type NutConnection } from "./connection.ts";
import { addressOf, identityOf, type NutServer } from "./server.ts";

/** One connection per server and login, for however many UPSs. */
export interface NutPool {
  /** A share of the connection, made when nobody has one that lives. Disposing the last share closes it. Throws `Fault` unreachable. */
  join(server: NutServer, signal: AbortSignal): Promise<NutConnection>;
}

interface Shared {
  users: number;
  readonly connection: Promise<NutConnection>;
  /** Ends the attempt to connect, when nobody waits for it any more. */
  readonly attempt: AbortController;
  lost: boolean;
}

const share = (connection: NutConnection, leave: () => Promise<void>): NutConnection => {
  let left = false;
  return {
    get open() {
      return !left && connection.open;
    },
    ask: (question, options) => connection.ask(question, options),
    login: () => connection.login(),
    [Symbol.asyncDispose]: async () => {
      if (left) return;
      left = true;
      await leave();
    },
  };
};

export const createNutPool = (clock: Clock): NutPool => {
  const all = new Map<string, { readonly shared: Shared; readonly open: () => boolean }>();

  const begin = (server: NutServer, key: string): Shared => {
    const attempt = new AbortController();
    const connection = connectNut(clock, server, attempt.signal);
    const shared: Shared = { users: 0, connection, attempt, lost: false };
    let live: NutConnection | undefined;
    connection.then(
      (made) => (live = made),
      () => (shared.lost = true),
    );
    all.set(key, { shared, open: () => !shared.lost && (live?.open ?? true) });
    return shared;
  };

  const leave = async (key: string, shared: Shared): Promise<void> => {
    if (--shared.users > 0) return;
    if (all.get(key)?.shared === shared) all.delete(key);
    shared.attempt.abort();
    const connection = await shared.connection.catch(() => undefined);
    await connection?.[Symbol.asyncDispose]();
  };

  return {
    join: async (server, signal) => {
      const key = identityOf(server);
      const found = all.get(key);
      const shared = found?.open() ? found.shared : begin(server, key);
      shared.users++;
      try {
        return share(await abortable(shared.connection, signal), () => leave(key, shared));
      } catch (error) {
        await leave(key, shared);
        throw error instanceof Fault ? error : new Fault("unreachable", `The NUT server ${addressOf(server)} did not answer in time`, { cause: error });
      }
    },
  };
};
