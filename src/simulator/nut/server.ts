import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Fault } from "#domain/fault.ts";
import { decodeWords } from "#transport/nut/line.ts";
import { LineReader } from "#transport/nut/line-reader.ts";
import { answer } from "./answer.ts";
import type { NutClient, NutRack } from "./nut-rack.ts";

export interface NutServerOptions extends Omit<NutRack, "clients"> {
  readonly host: string;
  /** Without it a free one. */
  readonly port?: number;
}

export interface NutServer extends AsyncDisposable {
  readonly port: number;
}

const serve = (socket: Socket, client: NutClient, rack: NutRack): void => {
  const lines = new LineReader();
  const hear = (chunk: Buffer): void => {
    for (const line of lines.push(chunk)) {
      const { text, goodbye } = answer(decodeWords(line), client, rack);
      if (goodbye) return void socket.end(text);
      socket.write(text);
    }
  };
  socket.on("data", (chunk: Buffer) => {
    if (socket.writableEnded) return;
    try {
      hear(chunk);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      socket.destroy();
    }
  });
};

/** A server of Network UPS Tools on this machine, with the protocol of upsd 2.8 and UPSs that the caller makes up. */
export const startNutServer = async ({ host, port = 0, users, upses }: NutServerOptions): Promise<NutServer> => {
  const connections = new Map<Socket, NutClient>();
  const rack: NutRack = { users, upses, clients: () => [...connections.values()] };
  const server = createServer({ noDelay: true }, (socket) => {
    const client: NutClient = { address: socket.remoteAddress ?? "", tracking: false, outcomes: new Map() };
    connections.set(socket, client);
    socket.on("error", () => socket.destroy()).on("close", () => connections.delete(socket));
    serve(socket, client, rack);
  });
  await once(server.listen(port, host), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections.keys()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
