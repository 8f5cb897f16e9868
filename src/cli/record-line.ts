import { textOf, valueTypes, type Varbind } from "#transport/snmp/varbind.ts";

/** Objects that tell whose the device is (SNMPv2-MIB sysContact, sysName, sysLocation; ENTITY-MIB serial and asset; IF-MIB and IP-MIB addresses). */
const personal = [
  "1.3.6.1.2.1.1.4.",
  "1.3.6.1.2.1.1.5.",
  "1.3.6.1.2.1.1.6.",
  "1.3.6.1.2.1.47.1.1.1.1.11.",
  "1.3.6.1.2.1.47.1.1.1.1.15.",
  "1.3.6.1.2.1.2.2.1.6.",
  "1.3.6.1.2.1.3.",
  "1.3.6.1.2.1.4.",
  "1.3.6.1.2.1.6.13.",
  "1.3.6.1.2.1.7.5.",
  "1.3.6.1.2.1.16.",
  "1.3.6.1.6.3.",
] as const;
/** Serial numbers within a longer text, as many cards put them into sysDescr. */
const serialWords = /\b(?:S\/?N|serial(?: ?(?:no|number))?)[:# ]+([A-Za-z0-9-]{4,})/gi;
const serialShape = /^(?=(?:[A-Z-]*\d){6})[A-Z0-9-]{8,24}$/;

const anonymous = (text: string): string => text.replaceAll(/[A-Za-z]/g, "X").replaceAll(/\d/g, "0");

/** A version has dots and a model few digits; long words in upper case with many digits are serials, also where no profile knows them. */
const withoutSerial = (text: string): string => {
  if (serialShape.test(text)) return anonymous(text);
  return text.replaceAll(serialWords, (whole, serial: string) => whole.slice(0, whole.length - serial.length) + anonymous(serial));
};

const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** snmpsim's format: OID, tag (with an x when the value is in hexadecimal) and value. */
const textLine = (oid: string, bytes: Buffer, hidden: readonly string[]): string => {
  const text = bytes.toString("latin1");
  if (!isPlain(text)) return `${oid}|4x|${bytes.length === 6 ? "000000000000" : bytes.toString("hex")}`;
  const clean = hidden.reduce((shown, secret) => (secret.length >= 3 ? shown.replaceAll(secret, anonymous(secret)) : shown), withoutSerial(text));
  return `${oid}|4|${clean}`;
};

const line = ({ oid, type, value }: Varbind, hidden: readonly string[]): string | undefined => {
  if (personal.some((root) => oid.startsWith(root))) return undefined;
  if (type === valueTypes.counter64 && Buffer.isBuffer(value)) return `${oid}|70|${value.length === 0 ? 0 : BigInt(`0x${value.toString("hex")}`)}`;
  if (type === valueTypes.text && Buffer.isBuffer(value)) return textLine(oid, value, hidden);
  if (type === valueTypes.address) return `${oid}|64|0.0.0.0`;
  return Buffer.isBuffer(value) ? `${oid}|${type}x|${value.toString("hex")}` : `${oid}|${type}|${String(value)}`;
};

/**
 * One line for each object, in order. `hidden`: texts that must not be in it, such as the community. `serials`: OIDs whose text is a
 * serial number, which then must not be in any other object either.
 */
export const recordLines = (varbinds: readonly Varbind[], hidden: readonly string[], serials: readonly string[]): readonly string[] => {
  const known = new Set(serials);
  const unique = varbinds.filter(({ oid }) => known.has(oid)).map(textOf);
  return varbinds.flatMap((varbind) => line(varbind, [...hidden, ...unique]) ?? []);
};
