import { createHash } from "node:crypto";
import type { Secret } from "#domain/secret.ts";
import { withPort } from "#platform/host.ts";

/** Where a NUT server is, and as whom to speak to it. */
export interface NutServer {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: Secret;
  /** When given, nothing but TLS is spoken after `STARTTLS`. */
  readonly tls?: {
    /** Certificates of the authority, as PEM or as the path of a PEM file; without it, those that Node trusts. */
    readonly ca?: string;
    /** The name in the certificate, when it is not the host. */
    readonly servername?: string;
  };
}

export const addressOf = ({ host, port }: Pick<NutServer, "host" | "port">): string => withPort(host, port);

/** The same for two servers when they can share a connection. Holds no password. */
export const identityOf = (server: NutServer): string =>
  createHash("sha256")
    .update(JSON.stringify([server.host.toLowerCase(), server.port, server.username, server.password?.reveal(), server.tls]))
    .digest("hex");
