/** Object identifiers travel as text without a leading dot, as net-snmp gives them. */
export const oidPattern = /^\d+(\.\d+)+$/;

/** What follows the prefix and a dot, or undefined when the object is not under it. */
export const under = (prefix: string, oid: string): string | undefined =>
  oid.length > prefix.length && oid.startsWith(prefix) && oid.charCodeAt(prefix.length) === 46 ? oid.slice(prefix.length + 1) : undefined;

/** Order of a walk: number by number, the shorter first (RFC 3416, section 4.2.2). */
export const compareOids = (a: string, b: string): number => {
  const left = a.split(".");
  const right = b.split(".");
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = Number(left[at]) - Number(right[at]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};

/** What a GETNEXT must ask to be told of `oid`. Right for cells and scalars, beside which nothing deeper lies. */
export const before = (oid: string): string => {
  const dot = oid.lastIndexOf(".");
  const last = Number(oid.slice(dot + 1));
  return last === 0 ? oid.slice(0, dot) : `${oid.slice(0, dot + 1)}${last - 1}`;
};

/** Bytes of the object identifier in BER, header included (X.690, 8.19). */
export const oidBytes = (oid: string): number => {
  let bytes = 1;
  for (const part of oid.split(".").slice(2)) {
    const number = Number(part);
    bytes += number < 0x80 ? 1 : number < 0x4000 ? 2 : number < 0x20_0000 ? 3 : number < 0x1000_0000 ? 4 : 5;
  }
  return bytes + 2;
};
