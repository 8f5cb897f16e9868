import { withPort } from "#platform/host.ts";

/** Where an apcupsd answers: its NISIP and NISPORT. */
export interface NisServer {
  readonly host: string;
  readonly port: number;
}

export const addressOf = ({ host, port }: NisServer): string => withPort(host, port);
