import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Fault } from "#domain/fault.ts";
import { unreachable } from "./error.ts";
import { addressOf, type NutServer } from "./server.ts";

/** A TCP connection. Throws `Fault` unreachable; the signal ends the attempt. */
export const dial = async (server: NutServer, signal: AbortSignal): Promise<Socket> => {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  try {
    await once(socket, "connect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    if (!signal.aborted) throw unreachable(addressOf(server), error);
    throw new Fault("unreachable", `The NUT server ${addressOf(server)} did not take the connection in time`, { cause: error });
  }
};

const certificates = async (ca: string): Promise<string> => {
  if (ca.includes("-----BEGIN CERTIFICATE-----")) return ca;
  try {
    return await readFile(ca, "utf8");
  } catch (error) {
    throw new Fault("unreachable", "The file with the certificate of the NUT server's authority cannot be read", { cause: error });
  }
};

/** TLS on a connection whose server has just said `OK STARTTLS`. Throws `Fault` unreachable: whom we cannot trust is not the server we want. */
export const secure = async (socket: Socket, server: NutServer, signal: AbortSignal): Promise<TLSSocket> => {
  const { ca, servername } = server.tls ?? {};
  const name = servername ?? server.host;
  const trusted = ca === undefined ? undefined : await certificates(ca);
  const secured = connectTls({
    socket,
    host: name,
    minVersion: "TLSv1.2",
    ...(trusted !== undefined && { ca: trusted }),
    // An address is no server name (RFC 6066, 3); the certificate is compared with `host` then.
    ...(isIP(name) === 0 && { servername: name }),
  });
  try {
    await once(secured, "secureConnect", { signal });
    return secured;
  } catch (error) {
    secured.destroy();
    const why = signal.aborted ? "no answer in time" : (error as Error).message;
    throw new Fault("unreachable", `No TLS connection to the NUT server ${addressOf(server)}: ${why}`, { cause: error });
  }
};
