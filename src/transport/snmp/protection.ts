/** Walks over one tag-length-value at `at` and says where its content begins and ends; undefined when it does not fit. */
const span = (bytes: Buffer, at: number): { readonly from: number; readonly to: number } | undefined => {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  let from = at + 2;
  let length = first;
  if (first > 0x7f) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || from + count > bytes.length) return undefined;
    length = bytes.readUIntBE(from, count);
    from += count;
  }
  return from + length <= bytes.length ? { from, to: from + length } : undefined;
};

/** The spans of the values that stand one after the other from `at`, as many as `count`. */
const spans = (bytes: Buffer, at: number, count: number): { readonly from: number; readonly to: number }[] | undefined => {
  const found = [];
  for (let next = at; found.length < count; ) {
    const one = span(bytes, next);
    if (!one) return undefined;
    found.push(one);
    next = one.to;
  }
  return found;
};

const authenticated = 1;
const encrypted = 2;
const report = 0xa8;

/**
 * True for a version 3 message that carries less protection than `level` demands. Only a Report may: it tells a stranger's engine id and
 * clock, or that a login is wrong (RFC 3414, section 3.2). The library checks a digest only when the message itself says that it has one, so
 * without this an answer that simply claims none would pass.
 */
export const lacksProtection = (message: Buffer, level: "none" | "authenticated" | "encrypted"): boolean => {
  if (level === "none") return false;
  const whole = span(message, 0);
  const [, header, , scoped] = (whole && spans(message, whole.from, 4)) ?? [];
  const flags = header && spans(message, header.from, 3)?.[2];
  if (!header || !flags || !scoped) return true;
  const given = message[flags.from] ?? 0;
  const needed = level === "encrypted" ? authenticated | encrypted : authenticated;
  if ((given & needed) === needed) return false;
  if ((given & encrypted) !== 0) return true;
  const pdu = spans(message, scoped.from, 2)?.[1]?.to;
  return pdu === undefined || message[pdu] !== report;
};
