import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between client and server, counts, and can misbehave. */
export interface NutProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that clients have made so far. */
  readonly made: number;
  /** Connections that are open now. */
  readonly open: number;
  /** What clients have sent: one text per packet or, where packets came together, per read. */
  readonly sent: readonly string[];
  /** From here on, what the server says does not arrive. */
  mute(): void;
  /** Closes all connections. */
  cut(): void;
}

/** `heard`: what the server says, as it comes. */
export const startNutProxy = async (target: number, heard?: (chunk: Buffer) => void): Promise<NutProxy> => {
  const sockets = new Set<Socket>();
  const sent: string[] = [];
  let made = 0;
  let muted = false;
  const server = createServer({ noDelay: true }, (client) => {
    made++;
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    sockets.add(client);
    client.on("data", (chunk: Buffer) => {
      sent.push(chunk.toString("latin1"));
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      heard?.(chunk);
      if (!muted) client.write(chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on("error", () => undefined).on("close", () => other.destroy());
    client.on("close", () => sockets.delete(client));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    get made() {
      return made;
    },
    get open() {
      return sockets.size;
    },
    sent,
    mute: () => void (muted = true),
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
