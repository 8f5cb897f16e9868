import { createSocket } from "node:dgram";
import type { Clock } from "#platform/clock.ts";
import type { Peer } from "./bmc-hub.ts";

/** RMCP presence ping (ASF 2.0, 3.2.4.2). */
const presencePing = Buffer.from([0x06, 0x00, 0xff, 0x06, 0x00, 0x00, 0x11, 0xbe, 0x80, 0x00, 0x00, 0x00]);

/**
 * True when the machine says that nobody listens at this port. Only a connected socket is told so by the system, hence one of its own
 * for the moment; resolves false when nothing is said within `ms`.
 */
export const isRefused = (peer: Peer, clock: Clock, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(peer.family === 4 ? "udp4" : "udp6");
    const finish = (refused: boolean): void => {
      timer[Symbol.dispose]();
      socket.removeAllListeners().on("error", () => undefined);
      socket.close();
      resolve(refused);
    };
    socket.once("error", (error) => finish((error as NodeJS.ErrnoException).code === "ECONNREFUSED"));
    socket.once("message", () => finish(false));
    socket.once("connect", () => socket.send(presencePing));
    const timer = clock.after(ms, () => finish(false));
    socket.connect(peer.port, peer.address);
  });
