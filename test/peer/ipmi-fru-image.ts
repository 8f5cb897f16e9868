const text = (value: string): Buffer => Buffer.concat([Buffer.of(0xc0 | value.length), Buffer.from(value, "latin1")]);

/** An area with its length in units of 8 bytes and its checksum (Platform Management FRU Information Storage Definition 1.0). */
const area = (head: readonly number[], fields: readonly string[]): Buffer => {
  const body = Buffer.concat([Buffer.of(1, 0, ...head), ...fields.map(text), Buffer.of(0xc1)]);
  const whole = Buffer.alloc(Math.ceil((body.length + 1) / 8) * 8);
  body.copy(whole);
  whole[1] = whole.length / 8;
  whole[whole.length - 1] = -whole.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return whole;
};

/** A FRU inventory with chassis, board and product. */
export const fruImage = (maker: string, product: string, serial: string): Buffer => {
  const areas = [
    area([0x17], ["CH-1", `C${serial}`]),
    area([0x19, 0, 0, 0], [maker, `${product} board`, `B${serial}`, "PN-1", "fru"]),
    area([0x19], [maker, product, "PN-2", "1.0", serial, "asset", "fru"]),
  ];
  const header = Buffer.from([1, 0, 1, 1 + (areas[0]?.length ?? 0) / 8, 1 + ((areas[0]?.length ?? 0) + (areas[1]?.length ?? 0)) / 8, 0, 0, 0]);
  header[7] = -header.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return Buffer.concat([header, ...areas]);
};
