import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { listenFailure } from "#platform/listen-failure.ts";
import { Connection } from "./connection.ts";
import type { Desk } from "./desk.ts";
import { createGate } from "./gate.ts";
import { usualLimits, type NutDependencies, type NutServerOptions, type NutTls, type NutUser } from "./option.ts";
import { createTracker } from "./tracker.ts";
import { createTurns } from "./turn.ts";

export interface NutServer extends AsyncDisposable {
  readonly port: number;
  /** From now on these users may do what they may, and no others; connections stay. Throws an `Error` with a sentence when certificate and key are none. */
  replace(users: readonly NutUser[], tls: NutTls | undefined): void;
}

const contextOf = (tls: NutTls | undefined): SecureContext | undefined => {
  try {
    return tls && createSecureContext({ cert: tls.cert, key: tls.key, minVersion: "TLSv1.2" });
  } catch (error) {
    throw new Error(`certificate and key cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};

const listen = async (server: Server, host: string, port: number): Promise<void> => {
  try {
    await once(server.listen(port, host), "listening");
  } catch (error) {
    throw new Error(listenFailure(host, port, error), { cause: error });
  }
};

/** Makes room: of those who are not logged in, whoever has been silent for longest goes. False when all are. */
const makeRoom = (connections: Iterable<Connection>): boolean => {
  let idlest: Connection | undefined;
  for (const one of connections) if (one.client.login === undefined && (!idlest || one.silentSince < idlest.silentSince)) idlest = one;
  idlest?.close();
  return idlest !== undefined;
};

/** Serves UPSs with the protocol of upsd until disposed. Rejects, with one sentence for a person, when the address cannot be had or the certificate is none. */
export const startNutServer = async (options: NutServerOptions, { rack, clock, log, version }: NutDependencies): Promise<NutServer> => {
  const limits = { ...usualLimits, ...options.limits };
  let context = contextOf(options.tls);
  const gate = createGate(options.users, limits, clock, log);
  const connections = new Set<Connection>();
  const clients = (): readonly Connection["client"][] => [...connections].map(({ client }) => client);
  const desk: Desk = {
    rack,
    clock,
    version,
    gate,
    limits,
    tracker: createTracker(limits.tracked),
    turns: createTurns(),
    hasTls: () => context !== undefined,
    clients,
  };
  const accept = (socket: Socket): void => {
    socket.on("error", () => socket.destroy());
    if (connections.size >= limits.connections && !makeRoom(connections)) return void socket.destroy();
    const connection = new Connection(socket, desk, () => context);
    connections.add(connection);
    socket.on("close", () => connections.delete(connection));
  };
  const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, accept);
  await listen(server, options.host, options.port);
  let watch: Disposable;
  const look = (): void => {
    const now = clock.monotonic();
    for (const connection of connections) connection.check(now);
    watch = clock.after(limits.check, look);
  };
  watch = clock.after(limits.check, look);
  return {
    port: (server.address() as AddressInfo).port,
    replace: (users, tls) => {
      context = contextOf(tls);
      gate.replace(users);
    },
    [Symbol.asyncDispose]: async () => {
      watch[Symbol.dispose]();
      const closed = once(server, "close");
      server.close();
      for (const connection of connections) connection.close();
      await closed;
    },
  };
};
