import { createHash, randomBytes } from "node:crypto";
import { systemClock } from "#platform/clock.ts";
import { cipherSuites, type CipherSuite, type SuiteId } from "#transport/ipmi/cipher-suite.ts";
import { decodeRequest, encodeAnswer } from "#transport/ipmi/ipmi-message.ts";
import { type Exchange, rakp2Mac, rakp3Mac, rakp4Mac, sameMac, sessionKey, sessionKeys } from "#transport/ipmi/rakp-key.ts";
import {
  decodeOpenRequest,
  decodeRakp1,
  decodeRakp3,
  encodeOpenResponse,
  encodeRakp2,
  encodeRakp4,
  encodeRefusal,
  sameAlgorithms,
} from "#transport/ipmi/rakp-message.ts";
import { encodePlainPacket, type Packet, payloadTypes, sealPacket, type SessionKeys, unsealPacket } from "#transport/ipmi/rmcp-packet.ts";
import type { CommandResult, CommandTable } from "./command.ts";

interface Slot {
  readonly console: number;
  readonly bmc: number;
  readonly suite: CipherSuite;
  readonly privilege: number;
  exchange?: Exchange;
  keys?: SessionKeys;
  sent: number;
  received: number;
  usedAt: number;
}

/** RMCP+ as a BMC speaks it: opens sessions, answers in them. */
export interface SessionTable {
  /** The datagram to send back, or undefined when there is nothing to say. */
  answer(packet: Packet): Buffer | undefined;
  /** Sessions that are open now. */
  readonly open: number;
}

export interface SessionOptions {
  readonly username: string;
  readonly password: string;
  readonly suites: readonly SuiteId[];
  readonly commands: CommandTable;
  readonly slots: number;
}

const idle = 60_000;
const administrator = 4;
const status = { noSlot: 0x01, invalidSession: 0x02, noPrivilege: 0x0a, unknownUser: 0x0d, wrongCode: 0x0f, noSuite: 0x11 } as const;

export const createSessionTable = ({ username, password, suites, commands, slots }: SessionOptions): SessionTable => {
  const table = new Map<number, Slot>();
  const guid = createHash("md5").update(username).digest();
  const forgetIdle = (): void => {
    const now = systemClock.monotonic();
    // Whoever began to open a session and never finished loses it sooner.
    for (const { bmc, usedAt, keys } of table.values()) if (now - usedAt > (keys ? idle : idle / 10)) table.delete(bmc);
  };
  const reply = (type: number, payload: Buffer): Buffer => encodePlainPacket(type, payload);

  const openSession = (payload: Buffer): Buffer | undefined => {
    const request = decodeOpenRequest(payload);
    if (!request) return undefined;
    const refuse = (code: number): Buffer => reply(payloadTypes.openSessionResponse, encodeRefusal(request.tag, code, request.console));
    const suite = suites.map((id) => cipherSuites[id]).find((known) => sameAlgorithms(known, request.algorithms));
    if (!suite) return refuse(status.noSuite);
    if (request.privilege > administrator) return refuse(status.noPrivilege);
    if (table.size >= slots) return refuse(status.noSlot);
    const bmc = (randomBytes(4).readUInt32LE() | 1) >>> 0;
    // 0 asks for the highest level there is.
    const privilege = request.privilege === 0 ? administrator : request.privilege;
    table.set(bmc, { console: request.console, bmc, suite, privilege, sent: 0, received: 0, usedAt: systemClock.monotonic() });
    return reply(payloadTypes.openSessionResponse, encodeOpenResponse(request.tag, privilege, request.console, bmc, suite));
  };

  const firstRakp = (payload: Buffer): Buffer | undefined => {
    const request = decodeRakp1(payload);
    const slot = request && table.get(request.bmc);
    if (!request || !slot || slot.keys) return undefined;
    const { tag, random, role, user } = request;
    if (user.toString("utf8") !== username) {
      table.delete(slot.bmc);
      return reply(payloadTypes.rakp2, encodeRefusal(tag, status.unknownUser, slot.console));
    }
    slot.exchange = {
      suite: slot.suite,
      console: slot.console,
      bmc: slot.bmc,
      consoleRandom: random,
      bmcRandom: randomBytes(16),
      guid,
      role,
      user,
      password: Buffer.from(password, "utf8"),
      bmcKey: undefined,
    };
    return reply(payloadTypes.rakp2, encodeRakp2(tag, slot.console, slot.exchange.bmcRandom, guid, rakp2Mac(slot.exchange)));
  };

  const thirdRakp = (payload: Buffer): Buffer | undefined => {
    const request = decodeRakp3(payload);
    const slot = request && table.get(request.bmc);
    if (!request || !slot || slot.keys) return undefined;
    if (request.status !== 0 || !slot.exchange || !sameMac(rakp3Mac(slot.exchange), request.mac)) {
      table.delete(slot.bmc);
      return request.status === 0 ? reply(payloadTypes.rakp4, encodeRefusal(request.tag, status.wrongCode, slot.console)) : undefined;
    }
    const key = sessionKey(slot.exchange);
    slot.keys = sessionKeys(slot.suite, key);
    slot.usedAt = systemClock.monotonic();
    return reply(payloadTypes.rakp4, encodeRakp4(request.tag, slot.console, rakp4Mac(slot.exchange, key)));
  };

  const perform = (slot: Slot, netFn: number, command: number, data: Buffer): CommandResult => {
    if (netFn === 0x06 && command === 0x3b) {
      const level = data[0] ?? 0;
      return level > slot.privilege ? { code: 0x80 } : { code: 0, data: Uint8Array.of(level === 0 ? slot.privilege : level) };
    }
    if (netFn === 0x06 && command === 0x3c) {
      if (data.length < 4 || data.readUInt32LE(0) !== slot.bmc) return { code: 0x87 };
      table.delete(slot.bmc);
      return { code: 0 };
    }
    return commands(netFn, command, data);
  };

  const inSession = (packet: Packet): Buffer | undefined => {
    const slot = table.get(packet.session);
    if (!slot?.keys || packet.sequence <= slot.received) return undefined;
    const message = unsealPacket(slot.keys, packet);
    const request = message && decodeRequest(message);
    if (!request) return undefined;
    slot.received = packet.sequence;
    slot.usedAt = systemClock.monotonic();
    const { code, data } = perform(slot, request.netFn, request.command, request.data);
    return sealPacket(slot.keys, slot.console, ++slot.sent, encodeAnswer(request, code, data ?? new Uint8Array(0)));
  };

  return {
    answer: (packet) => {
      forgetIdle();
      if (packet.session !== 0) return inSession(packet);
      if (packet.type === payloadTypes.openSessionRequest) return openSession(packet.payload);
      if (packet.type === payloadTypes.rakp1) return firstRakp(packet.payload);
      return packet.type === payloadTypes.rakp3 ? thirdRakp(packet.payload) : undefined;
    },
    get open() {
      forgetIdle();
      return [...table.values()].filter(({ keys }) => keys !== undefined).length;
    },
  };
};
