import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";

export type Direction = "request" | "answer";
/** What becomes of a datagram. A Buffer goes out in its place; `delay` in milliseconds; `from` sends it from another loopback address. */
export type Act = "pass" | "drop" | "duplicate" | { readonly delay: number } | Buffer | { readonly from: string };

export interface UdpRelay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Datagrams that came in, before anything was done to them. */
  readonly seen: Readonly<Record<Direction, number>>;
}

const bound = async (host: string): Promise<Socket> => {
  const socket = createSocket("udp4");
  socket.bind(0, host);
  await once(socket, "listening");
  socket.on("error", () => undefined); // a refused port shows up here and is the asker's matter, not the relay's
  return socket;
};

/** A faulty network between a client and a server on UDP. Every client address has its own socket towards the server, as with NAT. */
export const udpRelay = async (options: {
  readonly to: { readonly host: string; readonly port: number };
  readonly act: (direction: Direction, datagram: Buffer) => Act;
  /** Where clients reach it; 127.0.0.1. */
  readonly host?: string;
}): Promise<UdpRelay> => {
  const host = options.host ?? "127.0.0.1";
  const front = await bound(host);
  const sockets = new Set<Socket>([front]);
  const timers = new Set<NodeJS.Timeout>();
  const clients = new Map<string, Promise<Socket>>();
  const seen = { request: 0, answer: 0 };
  let closed = false;
  const open = async (address: string): Promise<Socket> => {
    const socket = await bound(address);
    if (closed) socket.close();
    else sockets.add(socket);
    return socket;
  };
  const send = (socket: Socket, datagram: Buffer, port: number, to: string): void => {
    if (!closed) socket.send(datagram, port, to, () => undefined);
  };
  const forward = (direction: Direction, datagram: Buffer, socket: Socket, port: number, to: string): void => {
    seen[direction]++;
    const act = options.act(direction, datagram);
    if (act === "drop") return;
    if (Buffer.isBuffer(act)) return send(socket, act, port, to);
    if (typeof act === "string") {
      if (act === "duplicate") send(socket, datagram, port, to);
      return send(socket, datagram, port, to);
    }
    if ("from" in act) return void open(act.from).then((foreign) => send(foreign, datagram, port, to));
    const timer = setTimeout(() => (timers.delete(timer), send(socket, datagram, port, to)), act.delay);
    timers.add(timer);
  };
  const connect = async (client: RemoteInfo): Promise<Socket> => {
    const socket = await open(host);
    return socket.on("message", (datagram) => forward("answer", datagram, front, client.port, client.address));
  };
  front.on("message", (datagram, client) => {
    const key = `${client.address} ${client.port}`;
    const back = clients.get(key) ?? connect(client);
    clients.set(key, back);
    void back.then((socket) => forward("request", datagram, socket, options.to.port, options.to.host));
  });
  return {
    host,
    port: front.address().port,
    seen,
    [Symbol.asyncDispose]: async () => {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...sockets].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
};
