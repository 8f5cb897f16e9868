/** Types of a value on the wire (RFC 2578, section 7.1; 128 and above are the exceptions of RFC 3416, section 3). */
export const valueTypes = {
  integer: 2,
  text: 4,
  oid: 6,
  address: 64,
  counter: 65,
  gauge: 66,
  ticks: 67,
  opaque: 68,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
} as const;

/** One object with its value, as the library decodes it: number, Buffer (text, opaque, counter64), dotted text (oid, address) or null. */
export interface Varbind {
  readonly oid: string;
  readonly type: number;
  readonly value: number | string | Buffer | null;
}

/** False when the device says that it has no such object, or that the walk is over. */
export const isThere = (varbind: Varbind): boolean => varbind.type < valueTypes.noSuchObject && varbind.value !== null;

/** Device's text: UTF-8, or Latin-1 where it is not; without padding and trailing NULs, which many cards send. */
export const textOf = ({ value }: Varbind): string => {
  if (!Buffer.isBuffer(value)) return value === null ? "" : String(value);
  const utf8 = value.toString("utf8");
  const text = utf8.includes("\ufffd") ? value.toString("latin1") : utf8;
  const end = text.indexOf("\0");
  return (end < 0 ? text : text.slice(0, end)).trim();
};

const decimal = /^[-+]?\d+(\.\d+)?$/;

/** The number, also out of a text (Aten and others send their meters so); undefined when it is none, such as "N/A". */
export const numberOf = (varbind: Varbind): number | undefined => {
  const { type, value } = varbind;
  if (typeof value === "number") return value;
  if (type === valueTypes.counter64 && Buffer.isBuffer(value)) return value.length === 0 ? 0 : Number(BigInt(`0x${value.toString("hex")}`));
  if (type !== valueTypes.text) return undefined;
  const text = textOf(varbind);
  return decimal.test(text) ? Number(text) : undefined;
};
