/*
 * The ways in which BMCs write names (IPMI 2.0, 43.15; Platform Management FRU Information Storage Definition 1.0, 13).
 * All return clean text: no control characters, nothing but one blank between words, none at the ends.
 */

const clean = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\ufffd]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** Four bits a character. */
const decimal = (bytes: Uint8Array): string =>
  [...bytes]
    .flatMap((byte) => [byte >> 4, byte & 0x0f])
    .map((nibble) => "0123456789 -.:,_"[nibble])
    .join("");

/** Six bits a character, the first one in the low bits of the first byte; blank to underscore. */
const sixBit = (bytes: Uint8Array, characters: number): string => {
  let text = "";
  for (let index = 0; index < characters; index++) {
    const bit = index * 6;
    const pair = (bytes[bit >> 3] ?? 0) | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    text += String.fromCharCode(0x20 + ((pair >> (bit & 7)) & 0x3f));
  }
  return text;
};

const wide = (bytes: Buffer): string => bytes.subarray(0, bytes.length & ~1).toString("utf16le");

/**
 * Name of a sensor: type and length in one byte, then the text up to the end of the record. The specification counts characters, many
 * BMCs count bytes; packed text is read whichever way it fits.
 */
export const sensorName = (kind: number, rest: Buffer): string => {
  const length = kind & 0x1f;
  const bytes = rest.subarray(0, length);
  switch (kind >> 6) {
    case 0:
      return clean(wide(rest.subarray(0, length * 2 <= rest.length ? length * 2 : length)));
    case 1:
      return clean(decimal(rest.length < length ? rest : bytes));
    case 2:
      return clean(sixBit(rest, rest.length < length ? Math.min(length, Math.floor((rest.length * 8) / 6)) : Math.floor((length * 8) / 6)));
    default:
      return clean(bytes.toString("latin1"));
  }
};

/** A field of a FRU inventory; its length is in bytes. Text of type 3 in another language than English (0 or 25) is UTF-16. */
export const fruText = (kind: number, bytes: Buffer, language: number): string => {
  switch (kind >> 6) {
    case 0:
      return "";
    case 1:
      return clean(decimal(bytes));
    case 2:
      return clean(sixBit(bytes, Math.floor((bytes.length * 8) / 6)));
    default:
      return clean(language === 0 || language === 25 ? bytes.toString("latin1") : wide(bytes));
  }
};
