import type { Expected } from "./expected-object.ts";
import { span } from "./outer-layer.ts";
import type { Question } from "./question.ts";
import { type Varbind, valueTypes } from "./varbind.ts";

/**
 * The last answer to a question, so that of the next one only what differs is made anew: an object that comes with the same bytes is the
 * same `Varbind` as the last time, by which its reader knows that it has not changed.
 */
export interface LastAnswer {
  bytes: Buffer;
  /** Where the first object stands in it. */
  from: number;
  readonly varbinds: Varbind[];
}
const nothing = Buffer.alloc(0);
export const noAnswer = (): LastAnswer => ({ bytes: nothing, from: 0, varbinds: [] });

const response = 0xa2;
const sequence = 0x30;
const unsigned: ReadonlySet<number> = new Set([valueTypes.counter, valueTypes.gauge, valueTypes.ticks]);

const same = (a: Buffer, from: number, b: Buffer, at: number, size: number): boolean => {
  // What changes are values, and those stand at the end.
  for (let place = size - 1; place >= 0; place--) if (a[from + place] !== b[at + place]) return false;
  return true;
};

/** Where the objects of an answer without an error begin. */
const listOf = ({ bytes, from, to, idAt }: Question, answer: Buffer): number | undefined => {
  const whole = span(answer, 0);
  if (whole?.to !== answer.length || answer[0] !== sequence) return undefined;
  // Version, community and number have to be those of the question, byte by byte.
  const head = to - from;
  const at = whole.from + head;
  if (bytes.compare(answer, whole.from, at, from, to) !== 0 || answer[at] !== response) return undefined;
  const pdu = span(answer, at);
  if (pdu?.to !== answer.length || bytes.compare(answer, pdu.from, pdu.from + 6, idAt - 2, idAt + 4) !== 0) return undefined;
  // Error status and index: 0 and 0.
  if (pdu.from + 12 > answer.length || answer.readUIntBE(pdu.from + 6, 6) !== 0x020100020100) return undefined;
  const list = answer[pdu.from + 12] === sequence ? span(answer, pdu.from + 12) : undefined;
  return list?.to === answer.length ? list.from : undefined;
};

const valueAt = (answer: Buffer, at: number, size: number): Varbind["value"] | undefined => {
  const type = answer[at] as number;
  if (type === valueTypes.text) return Buffer.from(answer.subarray(at + 2, at + 2 + size));
  if (size < 1 || size > 5) return undefined;
  if (type === valueTypes.integer) return answer.readIntBE(at + 2, size);
  return unsigned.has(type) ? answer.readIntBE(at + 2, size) >>> 0 : undefined;
};

/** The object at `at`, when it is the expected one and ends at `end`. */
const varbindAt = (answer: Buffer, at: number, end: number, { oid, bytes }: Expected): Varbind | undefined => {
  const value = at + 2 + bytes.length;
  const size = answer[value + 1] as number;
  // Short forms only: nothing here is longer than 127 bytes.
  if (answer[at] !== sequence || end - at > 0x81 || size > 0x7f || value + 2 + size !== end || !same(bytes, 0, answer, at + 2, bytes.length)) return undefined;
  const decoded = valueAt(answer, value, size);
  return decoded === undefined ? undefined : { oid, type: answer[value] as number, value: decoded };
};

/**
 * Reads an answer of version 1 or 2c that holds exactly the expected objects, without an error: what comes at nearly every poll. Comparing
 * names as bytes costs a tenth of making texts of them. Undefined for anything else, which is then the library's to judge. What it gives is
 * good until the next answer to this question is read.
 */
export const readExpected = (question: Question, answer: Buffer, objects: readonly Expected[], last: LastAnswer): readonly Varbind[] | undefined => {
  const from = listOf(question, answer);
  if (from === undefined) return undefined;
  const { bytes: before, varbinds } = last;
  let was = last.from;
  let at = from;
  // Whatever goes wrong on the way, these two would no longer belong together.
  last.bytes = nothing;
  for (let place = 0; place < objects.length; place++) {
    const size = 2 + (answer[at + 1] as number);
    if (!(at + size <= answer.length)) return undefined;
    if (before.length === 0 || !same(answer, at, before, was, size)) {
      const varbind = varbindAt(answer, at, at + size, objects[place] as Expected);
      if (!varbind) return undefined;
      varbinds[place] = varbind;
    }
    was += 2 + (before[was + 1] as number);
    at += size;
  }
  if (at !== answer.length) return undefined;
  last.bytes = before.length === answer.length ? before : Buffer.allocUnsafeSlow(answer.length);
  last.from = from;
  answer.copy(last.bytes);
  return varbinds;
};
