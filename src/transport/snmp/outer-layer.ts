/** Walks over one tag-length-value at `at` and says where its content begins and ends; undefined when it does not fit. */
export const span = (bytes: Buffer, at: number): { readonly from: number; readonly to: number } | undefined => {
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
export const spans = (bytes: Buffer, at: number, count: number): { readonly from: number; readonly to: number }[] | undefined => {
  const found = [];
  for (let next = at; found.length < count;) {
    const one = span(bytes, next);
    if (!one) return undefined;
    found.push(one);
    next = one.to;
  }
  return found;
};

/**
 * The number by which an answer finds its question: of the request in versions 1 and 2c, of the message in version 3.
 * Undefined when the bytes are no message.
 */
export const messageId = (message: Buffer): number | undefined => {
  const whole = span(message, 0);
  const [version, second] = (whole && spans(message, whole.from, 2)) ?? [];
  if (!version || !second) return undefined;
  // Version 3 has a header here, the others a community with the request behind it.
  const inside = message[version.from] === 3 ? second : span(message, second.to);
  const id = inside && span(message, inside.from);
  return id && id.to - id.from >= 1 && id.to - id.from <= 6 ? message.readIntBE(id.from, id.to - id.from) : undefined;
};
