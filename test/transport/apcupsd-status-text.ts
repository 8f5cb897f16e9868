/** Bit of STATFLAG, the word that apcupsd writes for it into STATUS, and NUT's word; in the order in which apcupsd writes them (3.14). */
export const written = [
  [0x01, "CAL", "CAL"],
  [0x02, "TRIM", "TRIM"],
  [0x04, "BOOST", "BOOST"],
  [0x08, "ONLINE", "OL"],
  [0x10, "ONBATT", "OB"],
  [0x20, "OVERLOAD", "OVER"],
  [0x40, "LOWBATT", "LB"],
  [0x80, "REPLACEBATT", "RB"],
] as const;

/** Other bits; `unrelated` are apcupsd's own. */
export const flag = {
  commLost: 0x100,
  shutdown: 0x200,
  slave: 0x400,
  slaveDown: 0x800,
  imminent: 0x1000,
  hasBattery: 0x0400_0000,
  unrelated: 0x0106_e000,
} as const;

/** STATUS as apcupsd makes it of the bits; a test holds this against a real one. */
export const statusText = (flags: number): string => {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(flag.shutdown)) return "SHUTTING DOWN";
  if (has(flag.commLost)) return "COMMLOST";
  return [
    ...written.flatMap(([bit, word]) => (has(bit) ? [word] : [])),
    ...(has(flag.hasBattery) ? [] : ["NOBATT"]),
    ...(has(flag.slave) ? ["SLAVE"] : []),
    ...(has(flag.slaveDown) ? ["SLAVEDOWN"] : []),
  ].join(" ");
};
