/**
 * What protects a session: how the two sides prove themselves to each other, how each packet is signed, and how it is encrypted
 * (IPMI 2.0, tables 13-17 to 13-19 and 22-20).
 */
export interface CipherSuite {
  readonly id: SuiteId;
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
  readonly hash: "sha1" | "sha256";
  /** Bytes of a whole hash, as RAKP messages 2 and 3 carry it. */
  readonly digestLength: number;
  /** Bytes to which the hash is cut in each packet and in RAKP message 4. */
  readonly macLength: number;
}

export const suiteIds = [17, 3] as const;
export type SuiteId = (typeof suiteIds)[number];

/** Suite 0 and all others without encryption are left out on purpose: suite 0 lets anybody in who knows a user's name (CVE-2013-4782). */
export const cipherSuites: Readonly<Record<SuiteId, CipherSuite>> = {
  17: { id: 17, authentication: 3, integrity: 4, confidentiality: 1, hash: "sha256", digestLength: 32, macLength: 16 },
  3: { id: 3, authentication: 1, integrity: 1, confidentiality: 1, hash: "sha1", digestLength: 20, macLength: 12 },
};
