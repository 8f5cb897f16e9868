/** The few pieces of BER (X.690) and of SNMP's messages (RFC 1157, RFC 3416) that an agent for versions 1 and 2c needs. */

export type SnmpValue =
  | { readonly type: "integer" | "gauge" | "counter" | "ticks" | "counter64"; readonly value: number }
  | { readonly type: "text"; readonly value: string | Buffer }
  | { readonly type: "oid" | "address"; readonly value: string };
export type ValueKind = SnmpValue["type"];

export const tags = {
  integer: 0x02, text: 0x04, null: 0x05, oid: 0x06, sequence: 0x30, address: 0x40, counter: 0x41, gauge: 0x42, ticks: 0x43, counter64: 0x46,
  noSuchObject: 0x80, noSuchInstance: 0x81, endOfMibView: 0x82, get: 0xa0, getNext: 0xa1, response: 0xa2, set: 0xa3, getBulk: 0xa5,
} as const;

const valueKinds: ReadonlyMap<number, ValueKind> = new Map(
  (["integer", "gauge", "counter", "ticks", "counter64", "text", "oid", "address"] as const).map((kind) => [tags[kind], kind]),
);

const lengthOf = (size: number): number[] => {
  if (size < 0x80) return [size];
  return size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
};
export const wrap = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);

export const encodeInteger = (tag: number, value: number): Buffer => {
  const bytes: number[] = [];
  // Two's complement, and no byte more than the sign needs (X.690, 8.3).
  for (let rest = value; ; ) {
    const left = Math.floor(rest / 256);
    const byte = rest - left * 256;
    bytes.unshift(byte);
    if ((left === 0 && byte < 0x80) || (left === -1 && byte >= 0x80)) return Buffer.from([tag, bytes.length, ...bytes]);
    rest = left;
  }
};

export const parseOid = (oid: string): readonly number[] => oid.split(".").map(Number);

export const encodeOid = (oid: string): Buffer => {
  const [first = 0, second = 0, ...rest] = parseOid(oid);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const digits = [number & 0x7f];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return wrap(tags.oid, Buffer.from(bytes));
};

export const encodeValue = (value: SnmpValue): Buffer => {
  switch (value.type) {
    case "text":
      return wrap(tags.text, Buffer.isBuffer(value.value) ? value.value : Buffer.from(value.value));
    case "oid":
      return encodeOid(value.value);
    case "address":
      return wrap(tags.address, Buffer.from(parseOid(value.value)));
    default:
      return encodeInteger(tags[value.type], value.value);
  }
};

/** Reads from the front. Every method throws a RangeError where the bytes are not what they should be. */
const createReader = (bytes: Buffer) => {
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new RangeError("the message is cut short");
    return byte;
  };
  const content = (expected?: number): { readonly tag: number; readonly bytes: Buffer } => {
    const tag = next();
    if (expected !== undefined && tag !== expected) throw new RangeError(`tag ${tag} stands where ${expected} should`);
    let size = next();
    if (size > 0x82) throw new RangeError("a length is too long");
    if (size > 0x80) size = size === 0x81 ? next() : next() * 256 + next();
    if (at + size > bytes.length) throw new RangeError("the message is cut short");
    at += size;
    return { tag, bytes: bytes.subarray(at - size, at) };
  };
  return { content, ended: () => at >= bytes.length };
};

const decodeInteger = (bytes: Buffer): number => {
  if (bytes.length === 0 || bytes.length > 6) throw new RangeError("an integer has no fitting size");
  return bytes.readIntBE(0, bytes.length);
};

const decodeOid = (bytes: Buffer): string => {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length === 0) numbers.push(Math.min(2, Math.floor(number / 40)), number - 40 * Math.min(2, Math.floor(number / 40)));
    else numbers.push(number);
    number = 0;
  }
  return numbers.join(".");
};

const decodeValue = ({ tag, bytes }: { readonly tag: number; readonly bytes: Buffer }): SnmpValue | undefined => {
  const type = valueKinds.get(tag);
  if (type === undefined) return undefined;
  if (type === "text") return { type, value: Buffer.from(bytes) };
  if (type === "oid") return { type, value: decodeOid(bytes) };
  if (type === "address") return { type, value: bytes.join(".") };
  return { type, value: decodeInteger(bytes) };
};

export interface SnmpRequest {
  readonly version: 0 | 1;
  readonly community: string;
  readonly kind: number;
  readonly id: number;
  /** Of a GETBULK: how many objects are asked for once, and how often the others. */
  readonly singles: number;
  readonly rows: number;
  /** `value` is there in a SET, unless its type is one an agent cannot take. */
  readonly varbinds: readonly { readonly oid: string; readonly value: SnmpValue | undefined }[];
}

/** Throws a RangeError for anything but a request of version 1 or 2c. */
export const decodeRequest = (message: Buffer): SnmpRequest => {
  const outer = createReader(createReader(message).content(tags.sequence).bytes);
  const version = decodeInteger(outer.content(tags.integer).bytes);
  if (version !== 0 && version !== 1) throw new RangeError(`version ${version} is not spoken here`);
  const community = outer.content(tags.text).bytes.toString();
  const { tag: kind, bytes } = outer.content();
  const pdu = createReader(bytes);
  const [id = 0, singles = 0, rows = 0] = [0, 1, 2].map(() => decodeInteger(pdu.content(tags.integer).bytes));
  const list = createReader(pdu.content(tags.sequence).bytes);
  const varbinds = [];
  while (!list.ended()) {
    const one = createReader(list.content(tags.sequence).bytes);
    varbinds.push({ oid: decodeOid(one.content(tags.oid).bytes), value: decodeValue(one.content()) });
  }
  return { version, community, kind, id, singles, rows, varbinds };
};

/** `varbinds`: each already encoded, object and value in their sequence. */
export const encodeResponse = (to: SnmpRequest, status: number, index: number, varbinds: readonly Buffer[]): Buffer =>
  wrap(
    tags.sequence,
    Buffer.concat([
      encodeInteger(tags.integer, to.version),
      wrap(tags.text, Buffer.from(to.community)),
      wrap(
        tags.response,
        Buffer.concat([
          encodeInteger(tags.integer, to.id),
          encodeInteger(tags.integer, status),
          encodeInteger(tags.integer, index),
          wrap(tags.sequence, Buffer.concat(varbinds)),
        ]),
      ),
    ]),
  );
