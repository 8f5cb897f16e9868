import { span } from "./outer-layer.ts";
import { type Varbind, valueTypes } from "./varbind.ts";

/** An object that an answer is expected to hold: its name, and the same as it stands in the message. */
export interface Expected {
  readonly oid: string;
  readonly bytes: Buffer;
}

/** Devices of one kind have the same objects: each name is kept once. */
const known = new Map<string, Expected>();
const most = 20_000;

/** Name with its header (X.690, 8.19). */
export const expected = (oid: string): Expected => {
  const found = known.get(oid);
  if (found) return found;
  const made = encode(oid);
  if (known.size < most) known.set(oid, made);
  return made;
};

const encode = (oid: string): Expected => {
  const [first = 0, second = 0, ...rest] = oid.split(".").map(Number);
  const content = [first * 40 + second];
  for (const number of rest) {
    const digits = [number % 128];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80);
    content.push(...digits);
  }
  return { oid, bytes: Buffer.from([valueTypes.oid, content.length, ...content]) };
};

const response = 0xa2;
const sequence = 0x30;
const unsigned: ReadonlySet<number> = new Set([valueTypes.counter, valueTypes.gauge, valueTypes.ticks]);

/** From the number of the request on, where an answer without an error stands. */
const bodyOf = (question: Buffer, answer: Buffer): { readonly id: number; readonly from: number } | undefined => {
  const asked = span(question, 0);
  const whole = span(answer, 0);
  if (!asked || whole?.to !== answer.length || answer[0] !== sequence) return undefined;
  const version = span(question, asked.from);
  const community = version && span(question, version.to);
  if (!community) return undefined;
  // Version and community have to be those of the question, byte by byte.
  const head = community.to - asked.from;
  if (question.compare(answer, whole.from, whole.from + head, asked.from, community.to) !== 0 || answer[whole.from + head] !== response) return undefined;
  const pdu = span(answer, whole.from + head);
  const id = pdu && span(answer, pdu.from);
  const ask = span(question, community.to);
  const idAsked = ask && span(question, ask.from);
  if (pdu?.to !== answer.length || !id || !idAsked || id.to - id.from > 6 || question.compare(answer, pdu.from, id.to, ask.from, idAsked.to) !== 0)
    return undefined;
  // Error status and index: 0 and 0.
  if (answer.readUIntBE(id.to, 6) !== 0x020100020100) return undefined;
  const list = answer[id.to + 6] === sequence ? span(answer, id.to + 6) : undefined;
  return list?.to === answer.length ? { id: answer.readIntBE(id.from, id.to - id.from), from: list.from } : undefined;
};

const matches = (bytes: Buffer, answer: Buffer, at: number): boolean => {
  // Names in a table differ at their end.
  for (let place = bytes.length - 1; place >= 0; place--) if (bytes[place] !== answer[at + place]) return false;
  return true;
};

const valueAt = (answer: Buffer, at: number, size: number): Varbind["value"] | undefined => {
  const type = answer[at] as number;
  if (type === valueTypes.text) return Buffer.from(answer.subarray(at + 2, at + 2 + size));
  if (size < 1 || size > 5) return undefined;
  if (type === valueTypes.integer) return answer.readIntBE(at + 2, size);
  return unsigned.has(type) ? answer.readIntBE(at + 2, size) >>> 0 : undefined;
};

/**
 * Reads an answer of version 1 or 2c that holds exactly the expected objects, without an error: what comes at nearly every poll. Comparing
 * names as bytes costs a tenth of making texts of them. Undefined for anything else, which is then the library's to judge.
 */
export const readExpected = (
  question: Buffer,
  answer: Buffer,
  objects: readonly Expected[],
): { readonly id: number; readonly varbinds: readonly Varbind[] } | undefined => {
  const body = bodyOf(question, answer);
  if (!body) return undefined;
  const varbinds: Varbind[] = [];
  let at = body.from;
  for (const { oid, bytes } of objects) {
    const length = answer[at + 1] as number;
    const value = at + 2 + bytes.length;
    const size = answer[value + 1] as number;
    // Short forms only: nothing here is longer than 127 bytes.
    if (answer[at] !== sequence || length > 0x7f || size > 0x7f || value + 2 + size !== at + 2 + length || at + 2 + length > answer.length) return undefined;
    if (!matches(bytes, answer, at + 2)) return undefined;
    const decoded = valueAt(answer, value, size);
    if (decoded === undefined) return undefined;
    varbinds.push({ oid, type: answer[value] as number, value: decoded });
    at += 2 + length;
  }
  return at === answer.length ? { id: body.id, varbinds } : undefined;
};
