import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import type { CipherSuite } from "./cipher-suite.ts";
import type { SessionKeys } from "./rmcp-packet.ts";

/** All that both sides know of each other when a session is being opened. */
export interface Exchange {
  readonly suite: CipherSuite;
  /** Session ids as the console and as the BMC chose them. */
  readonly console: number;
  readonly bmc: number;
  readonly consoleRandom: Buffer;
  readonly bmcRandom: Buffer;
  readonly guid: Buffer;
  /** Privilege level, with bit 4 set when users are looked up by name alone. */
  readonly role: number;
  readonly user: Buffer;
  readonly password: Buffer;
  /** The BMC's own key K_g; the password takes its place where none is set (IPMI 2.0, 13.31). */
  readonly bmcKey: Buffer | undefined;
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const whoAsks = ({ role, user }: Exchange): Buffer => Buffer.concat([Uint8Array.of(role, user.length), user]);
const hmac = ({ hash }: CipherSuite, key: Buffer, ...parts: readonly Uint8Array[]): Buffer => {
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** The BMC shows that it knows the password (IPMI 2.0, 13.21). */
export const rakp2Mac = (exchange: Exchange): Buffer => {
  const { suite, password, console, bmc, consoleRandom, bmcRandom, guid } = exchange;
  return hmac(suite, password, word(console), word(bmc), consoleRandom, bmcRandom, guid, whoAsks(exchange));
};

/** We show that we know the password (IPMI 2.0, 13.22). */
export const rakp3Mac = (exchange: Exchange): Buffer => hmac(exchange.suite, exchange.password, exchange.bmcRandom, word(exchange.console), whoAsks(exchange));

/** The session integrity key, from which all other keys come (IPMI 2.0, 13.31). */
export const sessionKey = (exchange: Exchange): Buffer =>
  hmac(exchange.suite, exchange.bmcKey ?? exchange.password, exchange.consoleRandom, exchange.bmcRandom, whoAsks(exchange));

/** The BMC shows that it has the same session key (IPMI 2.0, 13.23). */
export const rakp4Mac = ({ suite, consoleRandom, bmc, guid }: Exchange, key: Buffer): Buffer =>
  hmac(suite, key, consoleRandom, word(bmc), guid).subarray(0, suite.macLength);

/** K1 and K2 are made of 20 bytes of a constant in both suites (IPMI 2.0, 13.32). */
export const sessionKeys = (suite: CipherSuite, key: Buffer): SessionKeys => ({
  hash: suite.hash,
  macLength: suite.macLength,
  integrity: createSecretKey(hmac(suite, key, Buffer.alloc(20, 1))),
  encryption: createSecretKey(hmac(suite, key, Buffer.alloc(20, 2)).subarray(0, 16)),
});

/** In constant time. A longer answer is compared as far as it must reach: some boards do not cut theirs (FreeIPMI's bug list). */
export const sameMac = (expected: Buffer, received: Buffer): boolean =>
  received.length >= expected.length && timingSafeEqual(expected, received.subarray(0, expected.length));
