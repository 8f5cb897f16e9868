import { withPort } from "#platform/host.ts";

const everywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** How a program on the same machine reaches one that listens here. */
export const localAddress = ({ host, port }: { readonly host: string; readonly port: number }): string => `http://${withPort(everywhere[host] ?? host, port)}`;
