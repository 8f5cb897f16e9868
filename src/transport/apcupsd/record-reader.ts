import { Fault } from "#domain/fault.ts";

/** How much of an answer is taken; without a limit, a server that never ends would fill the memory. */
export interface AnswerLimit {
  /** Records. */
  readonly records: number;
  /** Bytes, the lengths included. */
  readonly bytes: number;
}

/** apcupsd writes a record of at most 255 characters; what is far longer is no record of it, but another protocol read as lengths. */
export const longestRecord = 1024;

/**
 * Reads an answer of apcupsd's network information server: records, each behind its length in two bytes, the higher first, and a length of
 * zero at the end (apcupsd's manual, "NIS Network Server Protocol").
 */
export class RecordReader {
  readonly #limit: AnswerLimit;
  readonly #records: string[] = [];
  #rest: Buffer | undefined;
  #bytes = 0;

  constructor(limit: AnswerLimit) {
    this.#limit = limit;
  }

  /** Whether anything came at all. */
  get begun(): boolean {
    return this.#bytes > 0;
  }

  /** All records, without their line ends, when `chunk` has brought the end; undefined while more must come. Throws `Fault` malformed. */
  push(chunk: Buffer): readonly string[] | undefined {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limit.bytes) throw this.#endless();
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= 2) {
      const length = bytes.readUInt16BE(at);
      if (length === 0) return this.#records;
      if (length > longestRecord) throw new Fault("malformed", "The server does not speak the protocol of apcupsd");
      if (bytes.length - at - 2 < length) break;
      if (this.#records.length >= this.#limit.records) throw this.#endless();
      this.#records.push(textOf(bytes, at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#rest = bytes.subarray(at);
    return undefined;
  }

  #endless(): Fault {
    return new Fault("malformed", `apcupsd sent more than ${this.#limit.records} records or ${this.#limit.bytes} bytes without an end`);
  }
}

/** Values end in blanks, a line end, and in one old answer a zero byte. */
const textOf = (bytes: Buffer, from: number, to: number): string => {
  let end = to;
  while (end > from && (bytes[end - 1] ?? 0) <= 0x20) end--;
  return bytes.toString("utf8", from, end);
};
