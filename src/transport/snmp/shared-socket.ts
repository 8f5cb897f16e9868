import { type RemoteInfo, type Socket, createSocket } from "node:dgram";
import { canonicalAddress } from "#platform/host.ts";
import { messageId } from "./outer-layer.ts";

/** What net-snmp asks of a socket. It gets one of these per session, and all of them share a real one. */
interface SocketLike {
  on(event: string, listener: (...args: never[]) => void): SocketLike;
  ref(): SocketLike;
  unref(): SocketLike;
  bind(): void;
  close(): void;
  send(message: Buffer, offset: number, length: number, port: number, address: string, sent: (error: Error | null) => void): void;
}

export interface Channel {
  /** For net-snmp's option `dgramModule`. */
  readonly dgram: { createSocket(): SocketLike };
  /** A question that is not net-snmp's, with its number. */
  send(message: Buffer, id: number): void;
  close(): void;
}

export interface ChannelEnds {
  /** Whether the library shall hear a datagram from the asked address and port. */
  readonly accepts: (message: Buffer) => boolean;
  /** A datagram could not be sent, could not be read, or the socket is gone. */
  readonly broken: (error: Error) => void;
}

/** One UDP socket per address family for all devices: sockets of their own starve each other under load, as libuv drains one before it looks at the next. */
export interface SharedSocket {
  /** `address` is an IP address, not a name. */
  open(address: string, port: number, ends: ChannelEnds): Channel;
}

interface Listener {
  readonly ends: ChannelEnds;
  /** Of the question last asked; one is under way at a time. */
  asked?: number | undefined;
  hear?: (message: Buffer, from: RemoteInfo) => void;
  readonly sent: (error: Error | null) => void;
}
interface Family {
  readonly socket: Socket;
  readonly listeners: Map<string, Set<Listener>>;
}

const deliver = ({ ends, hear }: Listener, message: Buffer, from: RemoteInfo): void => {
  try {
    if (ends.accepts(message)) hear?.(message, from);
  } catch (error) {
    ends.broken(error as Error);
  }
};

/** Several logins at one address: only the one that asked decodes the answer. What cannot be told apart is left to the timeout. */
const deliverTo = (listeners: ReadonlySet<Listener>, message: Buffer, from: RemoteInfo): void => {
  if (listeners.size === 1) {
    for (const one of listeners) deliver(one, message, from);
    return;
  }
  const id = messageId(message);
  for (const one of listeners) {
    if (id !== undefined && one.asked === id) deliver(one, message, from);
  }
};

const openFamily = (type: "udp4" | "udp6"): Family => {
  const listeners = new Map<string, Set<Listener>>();
  const socket = createSocket({
    type,
    // As much as the kernel gives: hundreds of devices polled at once answer at once.
    recvBufferSize: 4 << 20,
    // Addresses are resolved when a session opens; the usual look-up would cost a turn of the loop for each datagram.
    lookup: (address, _options, done) => done(null, address, type === "udp4" ? 4 : 6),
  });
  socket.on("message", (message, from) => {
    // The answer counts only when it comes from where the question went.
    const asked = listeners.get(`${from.address}/${from.port}`);
    if (asked) deliverTo(asked, message, from);
  });
  socket.on("error", (error) => {
    for (const set of listeners.values()) for (const { ends } of set) ends.broken(error);
  });
  socket.unref();
  return { socket, listeners };
};

const facade = (family: Family, listener: Listener): SocketLike => {
  const like: SocketLike = {
    on: (event, act) => {
      if (event === "message") listener.hear = act as Listener["hear"] & {};
      return like;
    },
    ref: () => like,
    unref: () => like,
    bind: () => undefined,
    close: () => undefined,
    send: (message, _offset, _length, port, address, sent) => {
      listener.asked = messageId(message);
      // The library begins to wait when it is told that the datagram went out. Told first, no answer can be too early for it.
      sent(null);
      family.socket.send(message, port, address, listener.sent);
    },
  };
  return like;
};

export const createSharedSocket = (): SharedSocket => {
  const families = new Map<string, Family>();
  return {
    open: (address, port, ends) => {
      const type = address.includes(":") ? "udp6" : "udp4";
      const family = families.get(type) ?? openFamily(type);
      families.set(type, family);
      const key = `${canonicalAddress(address)}/${port}`;
      const listener: Listener = {
        ends,
        sent: (error) => {
          if (error) ends.broken(error);
        },
      };
      const together = family.listeners.get(key) ?? new Set();
      family.listeners.set(key, together.add(listener));
      return {
        dgram: { createSocket: () => facade(family, listener) },
        send: (message, id) => {
          listener.asked = id;
          family.socket.send(message, port, address, listener.sent);
        },
        close: () => {
          together.delete(listener);
          if (together.size === 0 && family.listeners.get(key) === together) family.listeners.delete(key);
          if (family.listeners.size > 0 || families.get(type) !== family) return;
          families.delete(type);
          family.socket.close();
        },
      };
    },
  };
};
