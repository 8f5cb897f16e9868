import { integer, tagged } from "./ber.ts";
import { expected } from "./expected-object.ts";

/** Tags of the questions (RFC 3416, section 3). */
export const questionKinds = { get: 0xa0, getNext: 0xa1, getBulk: 0xa5 } as const;

/** A read of version 1 or 2c as it goes out. From poll to poll only its number differs, so it is encoded once. */
export interface Question {
  readonly bytes: Buffer;
  /** Where version and community begin and end: an answer brings them back. */
  readonly from: number;
  readonly to: number;
  /** Where the number of the request stands, in four bytes. */
  readonly idAt: number;
}

/** Version and community, as they stand in every message. */
export const envelope = (version: "1" | "2c", community: string): Buffer =>
  Buffer.concat([integer(version === "1" ? 0 : 1), tagged(4, Buffer.from(community))]);

const sequence = 0x30;
const nothing = Buffer.of(5, 0);
const four = Buffer.of(2, 4, 0, 0, 0, 0);

/** `singles` and `rows` are those of a GETBULK; a GET and a GETNEXT have two zeros in their place (RFC 3416, section 3). */
export const encodeQuestion = (head: Buffer, kind: keyof typeof questionKinds, oids: readonly string[], singles = 0, rows = 0): Question => {
  const list = tagged(sequence, ...oids.map((oid) => tagged(sequence, expected(oid).bytes, nothing)));
  const content = [four, integer(singles), integer(rows), list];
  const request = tagged(questionKinds[kind], ...content);
  const bytes = tagged(sequence, head, request);
  const to = bytes.length - request.length;
  const inside = content.reduce((sum, { length }) => sum + length, 0);
  return { bytes, from: to - head.length, to, idAt: bytes.length - inside + 2 };
};

const smallest = 0x100_0000;
const largest = 0x7fff_ffff;

/** Gives the question a number that nobody can foresee, and that takes four bytes. */
export const renumber = ({ bytes, idAt }: Question): number => bytes.writeInt32BE(smallest + Math.floor(Math.random() * (largest - smallest)), idAt);
/** The number that it has. */
export const numberOfQuestion = ({ bytes, idAt }: Question): number => bytes.readInt32BE(idAt);
