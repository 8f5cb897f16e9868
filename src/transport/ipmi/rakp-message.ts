import type { CipherSuite } from "./cipher-suite.ts";

/*
 * The six messages that open a session (IPMI 2.0, 13.17 to 13.24). Session ids are numbers; random numbers and the GUID are 16 bytes.
 * Decoders return undefined for what is too short, and never throw.
 */

export interface Algorithms {
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
}

const writeAlgorithms = (to: Buffer, at: number, { authentication, integrity, confidentiality }: Algorithms): void => {
  [authentication, integrity, confidentiality].forEach((algorithm, kind) => to.set([kind, 0, 0, 8, algorithm, 0, 0, 0], at + kind * 8));
};
const readAlgorithms = (from: Buffer, at: number): Algorithms => ({
  authentication: from.readUInt8(at + 4) & 0x3f,
  integrity: from.readUInt8(at + 12) & 0x3f,
  confidentiality: from.readUInt8(at + 20) & 0x3f,
});

export const sameAlgorithms = (a: Algorithms, b: Algorithms): boolean =>
  a.authentication === b.authentication && a.integrity === b.integrity && a.confidentiality === b.confidentiality;

export const encodeOpenRequest = (tag: number, privilege: number, console: number, suite: CipherSuite): Buffer => {
  const message = Buffer.alloc(32);
  message.set([tag, privilege]);
  message.writeUInt32LE(console, 4);
  writeAlgorithms(message, 8, suite);
  return message;
};

export const decodeOpenRequest = (
  message: Buffer,
): { readonly tag: number; readonly privilege: number; readonly console: number; readonly algorithms: Algorithms } | undefined =>
  message.length < 32
    ? undefined
    : { tag: message.readUInt8(0), privilege: message.readUInt8(1) & 0x0f, console: message.readUInt32LE(4), algorithms: readAlgorithms(message, 8) };

/** What every answer of the handshake begins with. A refusal ends there, some BMCs leave out even our session id. */
export interface AnswerHead {
  readonly tag: number;
  readonly status: number;
  /** Our session id, as we named it. */
  readonly console: number | undefined;
}
export const decodeHead = (message: Buffer): AnswerHead | undefined =>
  message.length < 2
    ? undefined
    : { tag: message.readUInt8(0), status: message.readUInt8(1), console: message.length < 8 ? undefined : message.readUInt32LE(4) };

const encodeHead = (length: number, tag: number, status: number, session: number): Buffer => {
  const message = Buffer.alloc(length);
  message.set([tag, status]);
  message.writeUInt32LE(session, 4);
  return message;
};
export const encodeRefusal = (tag: number, status: number, console: number): Buffer => encodeHead(8, tag, status, console);

export const encodeOpenResponse = (tag: number, privilege: number, console: number, bmc: number, algorithms: Algorithms): Buffer => {
  const message = encodeHead(36, tag, 0, console);
  message[2] = privilege;
  message.writeUInt32LE(bmc, 8);
  writeAlgorithms(message, 12, algorithms);
  return message;
};
export const decodeOpenResponse = (message: Buffer): { readonly bmc: number; readonly algorithms: Algorithms } | undefined =>
  message.length < 36 ? undefined : { bmc: message.readUInt32LE(8), algorithms: readAlgorithms(message, 12) };

export const encodeRakp1 = (tag: number, bmc: number, random: Buffer, role: number, user: Buffer): Buffer => {
  const message = Buffer.concat([encodeHead(28, tag, 0, bmc), user]);
  message.set(random, 8);
  message[24] = role;
  message[27] = user.length;
  return message;
};
export const decodeRakp1 = (
  message: Buffer,
): { readonly tag: number; readonly bmc: number; readonly random: Buffer; readonly role: number; readonly user: Buffer } | undefined => {
  if (message.length < 28) return undefined;
  const length = message.readUInt8(27);
  if (length > 16 || message.length < 28 + length) return undefined;
  return {
    tag: message.readUInt8(0),
    bmc: message.readUInt32LE(4),
    random: Buffer.from(message.subarray(8, 24)),
    role: message.readUInt8(24),
    user: Buffer.from(message.subarray(28, 28 + length)),
  };
};

export const encodeRakp2 = (tag: number, console: number, random: Buffer, guid: Buffer, mac: Buffer): Buffer =>
  Buffer.concat([encodeHead(8, tag, 0, console), random, guid, mac]);
export const decodeRakp2 = (message: Buffer): { readonly random: Buffer; readonly guid: Buffer; readonly mac: Buffer } | undefined =>
  message.length < 40 ? undefined : { random: Buffer.from(message.subarray(8, 24)), guid: Buffer.from(message.subarray(24, 40)), mac: message.subarray(40) };

/** Also tells the BMC, by a status other than 0, that we do not believe it. */
export const encodeRakp3 = (tag: number, status: number, bmc: number, mac: Uint8Array): Buffer => Buffer.concat([encodeHead(8, tag, status, bmc), mac]);
export const decodeRakp3 = (message: Buffer): { readonly tag: number; readonly status: number; readonly bmc: number; readonly mac: Buffer } | undefined =>
  message.length < 8 ? undefined : { tag: message.readUInt8(0), status: message.readUInt8(1), bmc: message.readUInt32LE(4), mac: message.subarray(8) };

export const encodeRakp4 = (tag: number, console: number, mac: Buffer): Buffer => Buffer.concat([encodeHead(8, tag, 0, console), mac]);
export const decodeRakp4 = (message: Buffer): { readonly mac: Buffer } | undefined => (message.length < 8 ? undefined : { mac: message.subarray(8) });
