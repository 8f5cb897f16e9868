import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { V3User } from "#transport/snmp/credentials.ts";
import { Secret } from "#domain/secret.ts";

/** An agent of SNMP version 3 with one user (SHA-1 and AES-128), written from RFC 3412, 3414 and 3826 without the library that it tests. */

const passwords = { authentication: "authpass12", privacy: "privpass12" } as const;
export const v3User: V3User = {
  version: "3",
  user: "rack",
  authentication: { protocol: "SHA", key: new Secret(passwords.authentication) },
  privacy: { protocol: "AES", key: new Secret(passwords.privacy) },
};

const engine = Buffer.from("80001f88047261636b", "hex");
const sha1 = (...parts: readonly Buffer[]): Buffer => createHash("sha1").update(Buffer.concat(parts)).digest();
/** RFC 3414, A.2.2: a megabyte of the password, then bound to the engine. */
const localKey = (password: string): Buffer => {
  const key = sha1(Buffer.alloc(1 << 20, password));
  return sha1(key, engine, key);
};
const keys = { authentication: localKey(passwords.authentication), privacy: localKey(passwords.privacy).subarray(0, 16) } as const;

export const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const length =
    content.length < 0x80 ? [content.length] : content.length < 0x100 ? [0x81, content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const integer = (value: number, tag = 2): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.writeIntBE(value, 0, 5);
  let from = 0;
  while (from < 4 && bytes[from] === 0 && (bytes[from + 1] ?? 0) < 0x80) from++;
  return tlv(tag, bytes.subarray(from));
};
const text = (bytes: Buffer): Buffer => tlv(4, bytes);

/** Where a value lies in a message, its header included; and its content. */
export interface Place {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}
/** The values that stand one after the other from `at` to `end`. Trusts what it reads: for messages of our own. */
export const places = (message: Buffer, at: number, end: number): readonly Place[] => {
  const found: Place[] = [];
  for (let next = at; next < end;) {
    const short = message[next + 1] ?? 0;
    const more = short > 0x80 ? short - 0x80 : 0;
    const from = next + 2 + more;
    const to = from + (more > 0 ? message.readUIntBE(next + 2, more) : short);
    found.push({ at: next, from, to });
    next = to;
  }
  return found;
};

export const fields = ["id", "size", "flags", "model", "engine", "boots", "time", "user", "digest", "salt", "data"] as const;
export type Field = (typeof fields)[number];

/** Where each field of a message lies. */
export const fieldsOf = (message: Buffer): Readonly<Record<Field, Place>> => {
  const inside = (place: Place | undefined): readonly Place[] => (place ? places(message, place.from, place.to) : []);
  const [, header, security, data] = inside(places(message, 0, message.length)[0]);
  const [id, size, flags, model] = inside(header);
  const [engineId, boots, time, user, digest, salt] = inside(inside(security)[0]);
  return { id, size, flags, model, engine: engineId, boots, time, user, digest, salt, data } as Readonly<Record<Field, Place>>;
};

/** Puts the right digest over whatever the message holds. */
export const sign = (message: Buffer, { from, to } = fieldsOf(message).digest): Buffer => {
  message.fill(0, from, to);
  createHmac("sha1", keys.authentication).update(message).digest().copy(message, from, 0, 12);
  return message;
};

const started = performance.now();
const now = { boots: 5, time: (): number => 1000 + Math.floor((performance.now() - started) / 1000) };
let salts = 0;

const vector = (boots: number, time: number, salt: Buffer): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(boots, 0);
  bytes.writeUInt32BE(time, 4);
  salt.copy(bytes, 8, 0, 8);
  return bytes;
};

/** A message around a scoped PDU, encrypted and signed as `level` says. */
export const seal = (id: Buffer, scoped: Buffer, level: "none" | "signed" | "encrypted"): Buffer => {
  const encrypted = level === "encrypted";
  const salt = Buffer.alloc(encrypted ? 8 : 0);
  if (encrypted) salt.writeUInt32BE(++salts, 4);
  const time = now.time();
  const data = encrypted ? text(createCipheriv("aes-128-cfb", keys.privacy, vector(now.boots, time, salt)).update(scoped)) : scoped;
  const header = tlv(0x30, tlv(2, id), integer(65_507), text(Buffer.of({ none: 0, signed: 1, encrypted: 3 }[level])), integer(3));
  const user = Buffer.from(level === "none" ? "" : v3User.user);
  const digest = Buffer.alloc(level === "none" ? 0 : 12);
  const security = text(tlv(0x30, text(engine), integer(now.boots), integer(time), text(user), text(digest), text(salt)));
  const message = tlv(0x30, integer(3), header, security, data);
  return level === "none" ? message : sign(message);
};

/** `1.3.6.1.6.3.15.1.1.<counter>.0` of SNMP-USER-BASED-SM-MIB. */
const report = (counter: number): Buffer => {
  const oid = Buffer.from([0x2b, 6, 1, 6, 3, 15, 1, 1, counter, 0]);
  return scope(tlv(0xa8, integer(0), integer(0), integer(0), tlv(0x30, tlv(0x30, tlv(6, oid), integer(1, 0x41)))));
};
const scope = (pdu: Buffer): Buffer => tlv(0x30, text(engine), text(Buffer.alloc(0)), pdu);

export interface Answered {
  readonly id: Buffer;
  readonly scoped: Buffer;
  readonly level: "none" | "signed" | "encrypted";
}

/** What the agent says to a question: the value of every object is the last number of its name. */
const answerTo = (question: Buffer): Answered => {
  const found = fieldsOf(question);
  const bytes = (field: Field): Buffer => question.subarray(found[field].from, found[field].to);
  const id = bytes("id");
  const number = (field: "boots" | "time"): number => bytes(field).readIntBE(0, bytes(field).length);
  if (!bytes("engine").equals(engine)) return { id, scoped: report(4), level: "none" };
  const signed = Buffer.from(question);
  if (!sign(signed, found.digest).equals(question)) return { id, scoped: report(5), level: "none" };
  if (number("boots") !== now.boots || Math.abs(number("time") - now.time()) > 150) return { id, scoped: report(2), level: "signed" };
  const scoped = createDecipheriv("aes-128-cfb", keys.privacy, vector(number("boots"), number("time"), bytes("salt"))).update(bytes("data"));
  const inside = (place: Place | undefined): readonly Place[] => (place ? places(scoped, place.from, place.to) : []);
  const pdu = inside(places(scoped, 0, scoped.length)[0])[2];
  const [request, , , list] = inside(pdu);
  const varbinds = inside(list).map((varbind) => {
    const oid = scoped.subarray(inside(varbind)[0]?.at, inside(varbind)[0]?.to);
    return tlv(0x30, oid, integer(oid.at(-1) ?? 0));
  });
  const response = tlv(0xa2, scoped.subarray(request?.at, request?.to), integer(0), integer(0), tlv(0x30, ...varbinds));
  return { id, scoped: scope(response), level: "encrypted" };
};

/** `spoil` makes of the good answer whatever datagrams shall leave in its place. */
export const startV3Agent = async (spoil: (answer: Answered) => readonly Buffer[]): Promise<{ readonly port: number } & Disposable> => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.on("message", (question, { port, address }) => {
    for (const datagram of spoil(answerTo(question))) socket.send(datagram, port, address);
  });
  return { port: socket.address().port, [Symbol.dispose]: () => void socket.close() };
};
