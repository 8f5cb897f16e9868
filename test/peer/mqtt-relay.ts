import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** First byte of a packet: MQTT 3.1.1 and 5, section 2.1. */
export const packetType = { connect: 0x10, subscribe: 0x82 } as const;

export interface Relay extends AsyncDisposable {
  readonly url: string;
  /** Puts bytes in front of whatever the broker sends next. */
  inject(bytes: Buffer): void;
  /** Cuts all connections, without a word. */
  cut(): void;
}

/**
 * A wire between a client and a broker. `meddle` sees what the client sends; bytes it returns go back to the client first, and `false` hangs up
 * after them instead of passing anything on. `own` is the relay's port, when it matters.
 */
export const startRelay = async (
  port: number,
  meddle: (sent: Buffer) => Buffer | { readonly refuse: Buffer } | undefined = () => undefined,
  own = 0,
): Promise<Relay> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    const broker = connect(port, "127.0.0.1");
    const pair = [client, broker] as const;
    pairs.add(pair);
    const end = (): void => {
      client.destroy();
      broker.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", end).on("close", end).setNoDelay();
    client.on("data", (sent) => {
      const answer = meddle(sent);
      if (answer && "refuse" in answer) return void client.end(answer.refuse);
      if (answer) client.write(answer);
      broker.write(sent);
    });
    broker.on("data", (sent) => client.write(sent));
  }).listen(own, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const sockets of pairs) for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`,
    inject: (bytes) => {
      for (const [client] of pairs) client.write(bytes);
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** A PUBLISH of MQTT 5 at QoS 1 as a broker sends it: section 3.3. */
export const publishPacket = (topic: string, payload: string, { again, id }: { readonly again: boolean; readonly id: number }): Buffer => {
  const name = Buffer.from(topic);
  const body = Buffer.concat([Buffer.from([name.length >> 8, name.length & 255]), name, Buffer.from([id >> 8, id & 255, 0]), Buffer.from(payload)]);
  return Buffer.concat([Buffer.from([again ? 0x3a : 0x32, body.length]), body]);
};
