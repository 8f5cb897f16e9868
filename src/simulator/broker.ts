import { createServer } from "node:net";
import { Aedes } from "aedes";

export interface BrokerOptions {
  readonly host: string;
  /** 0 or absent: one that is free. */
  readonly port?: number;
  /** With both, nobody else may connect. */
  readonly username?: string;
  readonly password?: string;
}

export interface Broker extends AsyncDisposable {
  readonly port: number;
}

/** A broker in this process, for a demonstration and for tests: MQTT 5 and 3.1.1, in memory only. Rejects when the port is taken. */
export const startBroker = async ({ host, port = 0, username, password }: BrokerOptions): Promise<Broker> => {
  const broker = await Aedes.createBroker({
    ...(username !== undefined && {
      authenticate: (_client, name, word, done) =>
        name === username && word?.toString() === password
          ? done(null, true)
          : done(Object.assign(new Error("wrong user name or password"), { returnCode: 4 as const }), false),
    }),
  });
  const server = createServer((socket) => void broker.handle(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await closed;
    },
  };
};
