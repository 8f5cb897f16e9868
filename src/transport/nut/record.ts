import type { Duplex } from "node:stream";

/** upsd reads this many bytes at a time (SMALLBUF in NUT's include/common.h). */
const longestRecord = 512;

/**
 * Writes to upsd over TLS. upsd waits for its socket, not for what TLS has unpacked already: of a record with more than 512 bytes the
 * rest lies there until something else is sent. Node would join pieces that wait for each other into one record, so the next goes
 * only when the one before has gone.
 */
export const inRecords = (stream: Duplex): ((text: string) => void) => {
  const pieces: Buffer[] = [];
  let busy = false;
  const next = (): void => {
    const piece = pieces.shift();
    busy = piece !== undefined && !stream.destroyed;
    if (piece && busy) stream.write(piece, next);
  };
  return (text) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += longestRecord) pieces.push(bytes.subarray(at, at + longestRecord));
    if (!busy) next();
  };
};
