import { Secret } from "#domain/secret.ts";
import { systemClock } from "#platform/clock.ts";
import { createSnmpTree, startSnmpAgent, type SnmpAgent } from "#simulator/snmp/agent.ts";
import { decodeRequest, type SnmpRequest, type SnmpValue } from "#simulator/snmp/message.ts";
import type { Community } from "#transport/snmp/credentials.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { createSnmpTransport, type SnmpTransport } from "#transport/snmp/snmp-transport.ts";
import { type Act, type UdpRelay, udpRelay } from "../peer/udp-relay.ts";

export const table = "1.3.6.1.4.1.99999.1";
export const never = new AbortController().signal;

export interface Rig extends AsyncDisposable {
  readonly agent: SnmpAgent;
  readonly relay: UdpRelay;
  /** Requests that went to the agent, as the relay saw them. */
  readonly requests: SnmpRequest[];
  readonly writes: SnmpValue[];
  readonly transport: SnmpTransport;
  open(credentials?: Partial<{ version: "1" | "2c"; community: string; patience: number; port: number }>): Promise<SnmpSession>;
}

/** An agent with three columns of 24 rows (numbers), behind a network that does what `act` says. Column 3, row 1 can be written. */
export const startRig = async (act: (request: SnmpRequest | undefined, datagram: Buffer) => Act = () => "pass"): Promise<Rig> => {
  const writes: SnmpValue[] = [];
  const objects = [1, 2, 3].flatMap((column) =>
    Array.from({ length: 24 }, (_, at) => ({
      oid: `${table}.${column}.${at + 1}`,
      value: (): SnmpValue => ({ type: "integer", value: column * 100 + at + 1 }),
      ...(column === 3 && at === 0 && { set: (value: SnmpValue) => (writes.push(value), 0) }),
    })),
  );
  const tree = createSnmpTree(objects);
  const agent = await startSnmpAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", tree: () => tree });
  const requests: SnmpRequest[] = [];
  const relay = await udpRelay({
    to: { host: "127.0.0.1", port: agent.port },
    act: (direction, datagram) => {
      if (direction === "answer") return act(undefined, datagram);
      const request = decodeRequest(datagram);
      requests.push(request);
      return act(request, datagram);
    },
  });
  const transport = createSnmpTransport(systemClock);
  const opened: SnmpSession[] = [];
  return {
    agent,
    relay,
    requests,
    writes,
    transport,
    open: async ({ version = "2c", community = "private", patience = 600, port = relay.port } = {}) => {
      const credentials: Community = { version, community: new Secret(community) };
      const session = await transport.open({ host: "127.0.0.1", port }, credentials, patience, never);
      opened.push(session);
      return session;
    },
    [Symbol.asyncDispose]: async () => {
      for (const session of opened) session[Symbol.dispose]();
      await relay[Symbol.asyncDispose]();
      await agent[Symbol.asyncDispose]();
    },
  };
};
