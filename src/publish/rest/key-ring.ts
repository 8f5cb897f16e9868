import type { Scope } from "#domain/scope.ts";
import { equalDigests } from "#platform/constant-time.ts";
import { sha256 } from "#platform/digest.ts";

export interface ApiKey {
  /** Who it is for; stands in the audit log. */
  readonly name: string;
  /** SHA-256 of the key, as bytes or hexadecimal digits. The key itself is not kept. */
  readonly hash: Uint8Array | string;
  readonly scopes: readonly Scope[];
}

/** Who calls. */
export interface Caller {
  /** Of the key; of the person when it is one. */
  readonly name: string;
  /** Home Assistant's id of the user who came through ingress. */
  readonly user?: string;
  readonly scopes: readonly Scope[];
}

export interface KeyRing {
  /** Looks at every key, whether or not one fitted already, so that the time tells nothing. */
  find(key: string): Caller | undefined;
  replace(keys: readonly ApiKey[]): void;
}

const digestOf = ({ name, hash }: ApiKey): Uint8Array => {
  const bytes = typeof hash === "string" ? Buffer.from(hash, "hex") : hash;
  if (bytes.length !== 32) throw new TypeError(`the hash of API key ${name} is no SHA-256 digest`);
  return bytes;
};

export const createKeyRing = (keys: readonly ApiKey[]): KeyRing => {
  const prepare = (from: readonly ApiKey[]): readonly { readonly caller: Caller; readonly digest: Uint8Array }[] =>
    from.map((key) => ({ caller: { name: key.name, scopes: key.scopes }, digest: digestOf(key) }));
  let ring = prepare(keys);
  return {
    find: (key) => {
      const digest = Buffer.from(sha256(key), "hex");
      let found: Caller | undefined;
      for (const entry of ring) if (equalDigests(entry.digest, digest)) found = entry.caller;
      return found;
    },
    replace: (next) => {
      ring = prepare(next);
    },
  };
};
