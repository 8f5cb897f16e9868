/** The few pieces of BER (X.690) and of SNMP's messages (RFC 1157, RFC 3416) that an agent for versions 1 and 2c needs. */

export type SnmpValue =
  | { readonly type: "integer" | "gauge" | "counter" | "ticks" | "counter64"; readonly value: number }
  | { readonly type: "text"; readonly value: string | Buffer }
  | { readonly type: "oid" | "address"; readonly value: string };
export type ValueKind = SnmpValue["type"];

export const tags = {
  integer: 0x02,
  text: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  address: 0x40,
  counter: 0x41,
  gauge: 0x42,
  ticks: 0x43,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
  get: 0xa0,
  getNext: 0xa1,
  response: 0xa2,
  set: 0xa3,
  getBulk: 0xa5,
} as const;

const valueKinds: ReadonlyMap<number, ValueKind> = new Map(
  (["integer", "gauge", "counter", "ticks", "counter64", "text", "oid", "address"] as const).map((kind) => [tags[kind], kind]),
);

export const parseOid = (oid: string): readonly number[] => oid.split(".").map(Number);

/** The tag of each kind of value that is a number. */
type NumberKind = Exclude<ValueKind, "text" | "oid" | "address">;

/**
 * Writes a message from front to end into one buffer, which is used again and again: an agent answers thousands of times a second.
 * `open` begins a value that holds others, `close` ends it.
 */
export class SnmpWriter {
  #bytes = Buffer.allocUnsafe(70_000);
  #at = 0;

  get size(): number {
    return this.#at;
  }
  /** Forgets everything after the first `size` bytes. */
  cut(size: number): void {
    this.#at = size;
  }
  open(tag: number): number {
    this.#bytes[this.#at++] = tag;
    return ++this.#at;
  }
  /** `start` is what `open` gave. The one byte left for the length is made three or four where that is too small (X.690, 8.1.3). */
  close(start: number): void {
    const length = this.#at - start;
    const more = length < 0x80 ? 0 : length < 0x100 ? 1 : 2;
    if (more > 0) this.#bytes.copyWithin(start + more, start, this.#at);
    this.#at += more;
    if (more === 0) this.#bytes[start - 1] = length;
    else {
      this.#bytes[start - 1] = 0x80 | more;
      this.#bytes.writeUIntBE(length, start, more);
    }
  }
  raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
  /** Two's complement, and no byte more than the sign needs (X.690, 8.3). */
  integer(tag: number, value: number): void {
    let size = 1;
    for (let limit = 0x80; value >= limit || value < -limit; limit *= 0x100) size++;
    this.#bytes[this.#at++] = tag;
    this.#bytes[this.#at++] = size;
    let rest = value;
    for (let place = size - 1; place >= 0; place--) {
      const left = Math.floor(rest / 0x100);
      this.#bytes[this.#at + place] = rest - left * 0x100;
      rest = left;
    }
    this.#at += size;
  }
  value(value: SnmpValue): void {
    switch (value.type) {
      case "text":
        return this.#whole(tags.text, typeof value.value === "string" ? Buffer.from(value.value) : value.value);
      case "oid":
        return this.raw(encodeOid(value.value));
      case "address":
        return this.#whole(tags.address, Uint8Array.from(parseOid(value.value)));
      default:
        return this.integer(tags[value.type satisfies NumberKind], value.value);
    }
  }
  /** A copy of what was written. */
  done(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }
  #whole(tag: number, bytes: Uint8Array): void {
    const start = this.open(tag);
    this.raw(bytes);
    this.close(start);
  }
}

/** With its header. */
export const encodeOid = (oid: string): Buffer => {
  const [first = 0, second = 0, ...rest] = parseOid(oid);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const digits = [number & 0x7f];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return Buffer.from([tags.oid, ...(bytes.length < 0x80 ? [] : [0x81]), bytes.length, ...bytes]);
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

/** Begins an answer; `finish` ends it. The list of varbinds comes between. */
export const beginResponse = (writer: SnmpWriter, to: SnmpRequest, status: number, index: number): (() => Buffer) => {
  writer.cut(0);
  const message = writer.open(tags.sequence);
  writer.integer(tags.integer, to.version);
  writer.value({ type: "text", value: to.community });
  const pdu = writer.open(tags.response);
  writer.integer(tags.integer, to.id);
  writer.integer(tags.integer, status);
  writer.integer(tags.integer, index);
  const list = writer.open(tags.sequence);
  return () => {
    for (const start of [list, pdu, message]) writer.close(start);
    return writer.done();
  };
};

/** One object with its value, or with the tag of what stands for one that is missing. */
export const writeVarbind = (writer: SnmpWriter, name: Uint8Array, value: SnmpValue | number): void => {
  const start = writer.open(tags.sequence);
  writer.raw(name);
  if (typeof value === "number") writer.raw(Uint8Array.of(value, 0));
  else writer.value(value);
  writer.close(start);
};

/** A whole answer, for those who make few of them. A number in place of a value is the tag of an exception. */
export const encodeResponse = (
  to: SnmpRequest,
  status: number,
  index: number,
  varbinds: readonly { readonly oid: string; readonly value: SnmpValue | number }[],
): Buffer => {
  const writer = new SnmpWriter();
  const finish = beginResponse(writer, to, status, index);
  for (const { oid, value } of varbinds) writeVarbind(writer, encodeOid(oid), value);
  return finish();
};
