import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from "node:crypto";

const block = 16;
// Fetching random bytes costs as much as the encryption itself; one fetch serves 64 packets.
const pool = Buffer.alloc(block * 64);
let used = pool.length;
const freshVector = (): Buffer => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += block;
  return pool.subarray(used - block, used);
};

/** AES-CBC-128 payload (IPMI 2.0, 13.29): random vector, then data with pad bytes 1, 2, 3 … and their number. */
export const encryptPayload = (key: KeyObject, plain: Uint8Array): Buffer => {
  const padding = (block - ((plain.length + 1) % block)) % block;
  const padded = Buffer.allocUnsafe(plain.length + padding + 1);
  padded.set(plain);
  for (let index = 1; index <= padding; index++) padded[plain.length + index - 1] = index;
  padded[padded.length - 1] = padding;
  const vector = freshVector();
  const cipher = createCipheriv("aes-128-cbc", key, vector).setAutoPadding(false);
  return Buffer.concat([vector, cipher.update(padded)]);
};

/** The data, or undefined when lengths or pad bytes are not as they must be. Never throws on what a peer sent. */
export const decryptPayload = (key: KeyObject, payload: Buffer): Buffer | undefined => {
  if (payload.length < 2 * block || payload.length % block !== 0) return undefined;
  const decipher = createDecipheriv("aes-128-cbc", key, payload.subarray(0, block)).setAutoPadding(false);
  const padded = decipher.update(payload.subarray(block));
  const padding = padded[padded.length - 1] ?? block;
  if (padding >= block) return undefined;
  const length = padded.length - 1 - padding;
  for (let index = 0; index < padding; index++) if (padded[length + index] !== index + 1) return undefined;
  return padded.subarray(0, length);
};
