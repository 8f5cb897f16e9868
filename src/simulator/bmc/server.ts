import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type SuiteId, suiteIds } from "#transport/ipmi/cipher-suite.ts";
import { decodeRequest, encodeAnswer } from "#transport/ipmi/ipmi-message.ts";
import { encodePlainPacket, parsePacket, payloadTypes } from "#transport/ipmi/rmcp-packet.ts";
import { type CommandTable, createCommandTable } from "./command.ts";
import type { SimulatedBmc } from "./machine.ts";
import { createSessionTable, type SessionTable } from "./session.ts";

export type { ChassisAction, SimulatedBmc, SimulatedSensor } from "./machine.ts";

export interface BmcServerOptions {
  readonly host: string;
  /** Any free one without it. */
  readonly port?: number;
  readonly username: string;
  readonly password: string;
  /** Cipher suites it takes; both without it. */
  readonly suites?: readonly SuiteId[];
  /** Sessions it can hold, 4 as small BMCs can. */
  readonly slots?: number;
  readonly bmc: () => SimulatedBmc;
}

export interface BmcServer extends AsyncDisposable {
  readonly port: number;
  /** Sessions that are open now. */
  readonly sessions: number;
}

const ping = 0x80;
/** Presence pong: IPMI is spoken here (ASF 2.0, 3.2.4.3). */
const pong = (datagram: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([0x06, 0x00, 0xff, 0x06, 0x00, 0x00, 0x11, 0xbe, 0x40, datagram[9] ?? 0, 0x00, 0x10, 0x00, 0x00, 0x11, 0xbe]),
    Buffer.from([0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0]),
  ]);

const headerLength = 14;
/** What clients ask before they open a session: can it IPMI 2.0, which cipher suites. */
const openCommands: ReadonlySet<number> = new Set([0x38, 0x54]);
const outside = (message: Buffer, commands: CommandTable): Buffer | undefined => {
  const request = decodeRequest(message);
  if (request?.netFn !== 0x06 || !openCommands.has(request.command)) return undefined;
  const { code, data } = commands(request.netFn, request.command, request.data);
  return encodeAnswer(request, code, data ?? new Uint8Array(0));
};

/** The same in packets of IPMI 1.5, where the length has one byte. */
const outsideOld = (datagram: Buffer, commands: CommandTable): Buffer | undefined => {
  if (datagram.length < headerLength || datagram[4] !== 0 || datagram.length < headerLength + datagram.readUInt8(13)) return undefined;
  const message = outside(datagram.subarray(headerLength, headerLength + datagram.readUInt8(13)), commands);
  return message && Buffer.concat([datagram.subarray(0, headerLength - 1), Buffer.of(message.length), message]);
};

const answer = (datagram: Buffer, sessions: SessionTable, commands: CommandTable): Buffer | undefined => {
  if (datagram.length >= 12 && datagram[0] === 0x06 && datagram[3] === 0x06 && datagram[8] === ping) return pong(datagram);
  const packet = parsePacket(datagram);
  if (!packet) return datagram[0] === 0x06 && datagram[3] === 0x07 ? outsideOld(datagram, commands) : undefined;
  if (packet.session !== 0 || packet.type !== payloadTypes.message) return sessions.answer(packet);
  const message = outside(packet.payload, commands);
  return message && encodePlainPacket(payloadTypes.message, message);
};

/** A small BMC that speaks RMCP+: chassis, sensors, inventory, DCMI power. One user, an administrator. */
export const startBmc = async ({ host, port = 0, username, password, suites = suiteIds, slots = 4, bmc }: BmcServerOptions): Promise<BmcServer> => {
  const commands = createCommandTable(bmc, suites);
  const sessions = createSessionTable({ username, password, suites, commands, slots });
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("message", (datagram, peer) => {
    const reply = answer(datagram, sessions, commands);
    // Whoever is gone does not get his answer.
    if (reply) socket.send(reply, peer.port, peer.address, () => undefined);
  });
  socket.bind(port, host);
  await once(socket, "listening");
  return {
    port: socket.address().port,
    get sessions() {
      return sessions.open;
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
};
