import { timingSafeEqual } from "node:crypto";

/** Compares two digests in a time that says nothing about where they differ. Digests of different lengths are simply unequal. */
export const equalDigests = (one: Uint8Array, other: Uint8Array): boolean => one.length === other.length && timingSafeEqual(one, other);
