/** One value with its header (X.690, section 8.1): tag, length in the shortest form, content. */
export const tagged = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  const digits: number[] = [];
  for (let left = size; left > 0; left >>>= 8) digits.unshift(left & 0xff);
  const length = size < 0x80 ? [size] : [0x80 | digits.length, ...digits];
  return Buffer.concat([Buffer.of(tag, ...length), ...content]);
};

/** A whole number from 0 on, in as few bytes as hold it and its sign. */
export const integer = (value: number): Buffer => {
  const digits = [value & 0xff];
  for (let left = value; left > 0x7f;) {
    left = Math.floor(left / 0x100);
    digits.unshift(left & 0xff);
  }
  return tagged(2, Buffer.from(digits));
};

/** Object identifier (X.690, section 8.19). */
export const objectIdentifier = (oid: string): Buffer => {
  const [first = 0, second = 0, ...rest] = oid.split(".").map(Number);
  const content = [first * 40 + second];
  for (const number of rest) {
    const digits = [number % 128];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80);
    content.push(...digits);
  }
  return tagged(6, Buffer.from(content));
};
