import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Fault } from "#domain/fault.ts";
import { abortable } from "#platform/abort.ts";
import type { Clock } from "#platform/clock.ts";
import { withPort } from "#platform/host.ts";
import type { Credentials } from "./credentials.ts";
import { createDeadlines } from "./deadlines.ts";
import { openExchange } from "./exchange.ts";
import { createSharedSocket } from "./shared-socket.ts";
import { type Habits, type SnmpSession, createSnmpSession, newHabits } from "./snmp-session.ts";

export interface SnmpAddress {
  /** Name or IP address; a name is resolved when the session opens, so a changed address is found at the next connect. */
  readonly host: string;
  readonly port: number;
}

/** SNMP for all devices of the program, through one socket per address family. */
export interface SnmpTransport {
  /** `patience`: milliseconds that a device may take to answer. Sends nothing yet. Throws `Fault` unreachable when the name is not known. */
  open(to: SnmpAddress, credentials: Credentials, patience: number, signal: AbortSignal): Promise<SnmpSession>;
}

const resolve = async (host: string, signal: AbortSignal): Promise<string> => {
  if (isIP(host) !== 0) return host;
  try {
    return (await abortable(lookup(host), signal)).address;
  } catch (error) {
    signal.throwIfAborted();
    throw new Fault("unreachable", `the name ${host} is not known`, { cause: error });
  }
};

export const createSnmpTransport = (clock: Clock): SnmpTransport => {
  const shared = { socket: createSharedSocket(), deadlines: createDeadlines(clock), clock };
  const habits = new Map<string, Habits>();
  return {
    open: async ({ host, port }, credentials, patience, signal) => {
      signal.throwIfAborted();
      const address = await resolve(host, signal);
      const key = `${host}/${port}/${credentials.version}`;
      const known = habits.get(key) ?? newHabits(credentials.version);
      habits.set(key, known);
      const name = port === 161 ? host : withPort(host, port);
      return createSnmpSession(openExchange({ address, port, name }, credentials, shared, patience), known, name);
    },
  };
};
