import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { Fault } from "#domain/fault.ts";
import { canonicalAddress } from "#platform/host.ts";
import type { SuiteId } from "./cipher-suite.ts";
import { createRoundTrip, type RoundTrip } from "./round-trip.ts";

export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** What is worth knowing of a BMC when it is connected to again. */
export interface Memory {
  readonly roundTrip: RoundTrip;
  suite?: SuiteId;
}

/** One BMC's place at the socket, until disposed. */
export interface Place extends Disposable {
  readonly memory: Memory;
  /** `failed` is called when the datagram could not leave this machine. */
  send(datagram: Buffer, failed: (fault: Fault) => void): void;
}

/** The one UDP socket per address family that all BMCs share. Open while somebody has a place at it. */
export interface BmcHub {
  /** `receive` gets what comes from exactly this address and port. A BMC that has a place already is refused as busy: it gets one session. */
  join(peer: Peer, receive: (datagram: Buffer) => void): Place;
}

/** Without a look-up in between: the addresses are resolved already, and dgram would do it again for each datagram. */
const asIs = (address: string, ...rest: readonly unknown[]): void => {
  const answer = rest.at(-1) as (error: null, address: string, family: number) => void;
  answer(null, address, address.includes(":") ? 6 : 4);
};

const keyOf = (address: string, port: number): string => `${address} ${port}`;
const remembered = 4_096;

export const createBmcHub = (): BmcHub => {
  const sockets = new Map<4 | 6, Socket>();
  const places = new Map<string, { readonly family: 4 | 6; readonly receive: (datagram: Buffer) => void }>();
  const memories = new Map<string, Memory>();

  const drop = (family: 4 | 6, socket: Socket): void => {
    if (sockets.get(family) !== socket) return;
    sockets.delete(family);
    socket.close();
  };
  const socketOf = (family: 4 | 6): Socket => {
    const open = sockets.get(family);
    if (open) return open;
    const socket = createSocket({ type: family === 4 ? "udp4" : "udp6", lookup: asIs });
    socket.on("message", (datagram: Buffer, { address, port }: RemoteInfo) => places.get(keyOf(address, port))?.receive(datagram));
    // A broken socket is replaced at the next send; whoever waited for an answer asks again.
    socket.on("error", () => drop(family, socket));
    sockets.set(family, socket);
    return socket;
  };
  const memoryOf = (key: string): Memory => {
    const known = memories.get(key) ?? { roundTrip: createRoundTrip() };
    memories.delete(key);
    memories.set(key, known);
    const [oldest] = memories.keys();
    if (memories.size > remembered && oldest !== undefined) memories.delete(oldest);
    return known;
  };

  return {
    join: ({ address, port, family }, receive) => {
      const canonical = canonicalAddress(address);
      const key = keyOf(canonical, port);
      if (places.has(key)) throw new Fault("busy", `Another device already uses the BMC at ${address} port ${port}`);
      const place = { family, receive };
      places.set(key, place);
      return {
        memory: memoryOf(key),
        send: (datagram, failed) => {
          socketOf(family).send(datagram, port, canonical, (error) => {
            if (error) failed(new Fault("unreachable", `No way to the BMC at ${address}`, { cause: error }));
          });
        },
        [Symbol.dispose]: () => {
          if (places.get(key) !== place) return;
          places.delete(key);
          const socket = sockets.get(family);
          if (socket && ![...places.values()].some((other) => other.family === family)) drop(family, socket);
        },
      };
    },
  };
};
