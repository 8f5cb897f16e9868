import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import { acceptedData, completionFault, reservationLost } from "#transport/ipmi/completion-code.ts";
import type { IpmiAnswer } from "#transport/ipmi/ipmi-message.ts";
import { fullRecord } from "./sdr-record.ts";

/** Where a BMC keeps its sensor records: in a repository, or, where it has none, as a sensor device (IPMI 2.0, 33 and 35.2 to 35.4). */
export interface Repository {
  readonly netFn: number;
  readonly info: number;
  readonly reserve: number;
  readonly get: number;
}
export const repository: Repository = { netFn: 0x0a, info: 0x20, reserve: 0x22, get: 0x23 };
export const deviceRecords: Repository = { netFn: 0x04, info: 0x20, reserve: 0x22, get: 0x21 };

/** How far a walk has come. It can be broken off and gone on with: on slow BMCs it takes a minute. */
export interface Walk {
  /** Full records of analog sensors; the rest is not kept. */
  readonly records: readonly Buffer[];
  /** Record to go on with; `lastRecord` when there are no more. */
  readonly next: number;
}
export const firstRecord = 0x0000;
export const lastRecord = 0xffff;
const headerLength = 5;
/** Bytes a read. Several BMCs fail beyond (FreeIPMI's bug list), and all can do 16 besides the header (IPMI 2.0, 33.12). */
const chunks = [22, 16, 8] as const;
const cannotReturnThatMany: ReadonlySet<number> = new Set([0xca, 0xc8, 0xc9]);
/** What may stand in place of an end mark: not present, and, on the last record of a Dell FC830, a timeout. */
const endCodes: ReadonlySet<number> = new Set([0xcb, 0xc3]);
const mostRecords = 2_000;

class RecordReader {
  readonly #bmc: BmcConnection;
  readonly #place: Repository;
  #reservation = 0;
  #chunk = 0;
  #lost = 0;

  constructor(bmc: BmcConnection, place: Repository) {
    this.#bmc = bmc;
    this.#place = place;
  }

  async reserve(signal: AbortSignal): Promise<void> {
    const { netFn, reserve } = this.#place;
    const answer = await this.#bmc.ask({ netFn, command: reserve }, signal);
    // Without the command there are no reservations, and 0 is right.
    this.#reservation = answer.code === 0 && answer.data.length >= 2 ? answer.data.readUInt16LE(0) : 0;
  }

  /** A piece of a record after the id of the next one. A lost reservation is renewed: another program reads as well, or a record was added. */
  async piece(record: number, offset: number, length: number, signal: AbortSignal): Promise<IpmiAnswer> {
    for (;;) {
      const count = Math.min(length, chunks[this.#chunk] ?? 8);
      const data = Buffer.alloc(6);
      data.writeUInt16LE(this.#reservation, 0);
      data.writeUInt16LE(record, 2);
      data.set([offset, count], 4);
      const answer = await this.#bmc.ask({ netFn: this.#place.netFn, command: this.#place.get, data }, signal);
      if (answer.code === reservationLost && this.#lost++ < 50) await this.reserve(signal);
      else if (cannotReturnThatMany.has(answer.code) && count === chunks[this.#chunk] && this.#chunk < chunks.length - 1) this.#chunk++;
      else return answer;
    }
  }

  async body(record: number, header: Buffer, signal: AbortSignal): Promise<Buffer> {
    // A length that is too big (HP DL585 G7) shows as a read that gives nothing; what came until then is the record.
    const whole = Buffer.alloc(headerLength + header.readUInt8(4));
    header.copy(whole, 0, 0, headerLength);
    let at = headerLength;
    while (at < whole.length) {
      const { code, data } = await this.piece(record, at, whole.length - at, signal);
      if (code !== 0 || data.length <= 2) break;
      at += data.copy(whole, at, 2);
    }
    const cut = whole.subarray(0, at);
    cut[4] = at - headerLength;
    return cut;
  }
}

/**
 * Follows the records from `from` on, and gives what it has when the BMC ends it, or to `onBreak` when a fault does.
 * The count that a BMC names is not used, as it is wrong on some (Fujitsu); a record seen before ends the walk (Inspur has no end mark).
 */
export const walkRecords = async (bmc: BmcConnection, place: Repository, from: Walk, onBreak: (walk: Walk) => void, signal: AbortSignal): Promise<Walk> => {
  const reader = new RecordReader(bmc, place);
  const records = [...from.records];
  const seen = new Set<number>();
  let next = from.next;
  try {
    await reader.reserve(signal);
    while (next !== lastRecord && !seen.has(next) && seen.size < mostRecords) {
      seen.add(next);
      const answer = await reader.piece(next, 0, headerLength, signal);
      if (endCodes.has(answer.code)) break;
      // A BMC without records, or one that refuses a single one: what came until here is what there is. Next time it is asked again.
      if (answer.code !== 0 && completionFault(answer.code, "sensor record").kind !== "busy") return { records, next };
      const head = acceptedData(answer, "sensor record", 2 + headerLength);
      // The first record is asked for as 0 and has a number of its own, to which firmware without an end mark comes back.
      if (next === firstRecord) seen.add(head.readUInt16LE(2));
      if (head[2 + 3] === fullRecord) records.push(await reader.body(next, head.subarray(2), signal));
      next = head.readUInt16LE(0);
    }
  } catch (error) {
    onBreak({ records, next });
    throw error;
  }
  return { records, next: lastRecord };
};
