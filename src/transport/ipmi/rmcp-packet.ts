import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { decryptPayload, encryptPayload } from "./aes-payload.ts";

/** Payload types (IPMI 2.0, table 13-16). */
export const payloadTypes = {
  message: 0x00,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

/** What both sides of one session agreed on. As key objects: Node 24 takes 40 µs to make one of bytes, and would do so four times a request. */
export interface SessionKeys {
  readonly hash: "sha1" | "sha256";
  readonly macLength: number;
  /** K1, signs packets. */
  readonly integrity: KeyObject;
  /** First 16 bytes of K2, encrypts payloads. */
  readonly encryption: KeyObject;
}

/** One datagram of class IPMI, format RMCP+ (IPMI 2.0, table 13-8). */
export interface Packet {
  readonly type: number;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  readonly session: number;
  readonly sequence: number;
  readonly payload: Buffer;
  readonly datagram: Buffer;
}

const headerLength = 16;
/** Where the signed part begins: at the authentication type, after RMCP's own header. */
const signedFrom = 4;
const sealedMessage = 0xc0 | payloadTypes.message;

const writeHeader = (datagram: Buffer, type: number, session: number, sequence: number, length: number): void => {
  datagram.writeUInt32BE(0x0600ff07, 0);
  datagram[4] = 0x06;
  datagram[5] = type;
  datagram.writeUInt32LE(session, 6);
  datagram.writeUInt32LE(sequence, 10);
  datagram.writeUInt16LE(length, 14);
};

/** A packet outside of any session, as the handshake uses. */
export const encodePlainPacket = (type: number, payload: Uint8Array): Buffer => {
  const datagram = Buffer.allocUnsafe(headerLength + payload.length);
  writeHeader(datagram, type, 0, 0, payload.length);
  datagram.set(payload, headerLength);
  return datagram;
};

/** A packet of a session: encrypted, then padded to whole 32-bit words, then signed (IPMI 2.0, 13.28.4). */
export const sealPacket = (keys: SessionKeys, session: number, sequence: number, message: Uint8Array): Buffer => {
  const payload = encryptPayload(keys.encryption, message);
  const end = headerLength + payload.length;
  const padding = (4 - ((end - signedFrom + 2) % 4)) % 4;
  const signedTo = end + padding + 2;
  const datagram = Buffer.allocUnsafe(signedTo + keys.macLength);
  writeHeader(datagram, sealedMessage, session, sequence, payload.length);
  datagram.set(payload, headerLength);
  datagram.fill(0xff, end, end + padding);
  datagram[signedTo - 2] = padding;
  datagram[signedTo - 1] = 0x07;
  const mac = createHmac(keys.hash, keys.integrity).update(datagram.subarray(signedFrom, signedTo)).digest();
  datagram.set(mac.subarray(0, keys.macLength), signedTo);
  return datagram;
};

/** The parts of a datagram, or undefined when it is no RMCP+ packet. Nothing is verified yet. Never throws. */
export const parsePacket = (datagram: Buffer): Packet | undefined => {
  if (datagram.length < headerLength || datagram[0] !== 0x06 || datagram[3] !== 0x07 || datagram[4] !== 0x06) return undefined;
  const kind = datagram.readUInt8(5);
  const type = kind & 0x3f;
  // OEM payloads carry two more fields; nobody sends them to us.
  if (type === 0x02) return undefined;
  const length = datagram.readUInt16LE(14);
  if (headerLength + length > datagram.length) return undefined;
  return {
    type,
    encrypted: (kind & 0x80) !== 0,
    authenticated: (kind & 0x40) !== 0,
    session: datagram.readUInt32LE(6),
    sequence: datagram.readUInt32LE(10),
    payload: datagram.subarray(headerLength, headerLength + length),
    datagram,
  };
};

/** The message inside, or undefined when the packet is not signed and encrypted with these keys. Never throws. */
export const unsealPacket = (keys: SessionKeys, { encrypted, authenticated, type, payload, datagram }: Packet): Buffer | undefined => {
  if (!encrypted || !authenticated || type !== payloadTypes.message) return undefined;
  const signedTo = datagram.length - keys.macLength;
  if (signedTo < headerLength + payload.length + 2) return undefined;
  const mac = createHmac(keys.hash, keys.integrity).update(datagram.subarray(signedFrom, signedTo)).digest();
  if (!timingSafeEqual(mac.subarray(0, keys.macLength), datagram.subarray(signedTo))) return undefined;
  return decryptPayload(keys.encryption, payload);
};
