import type { SimulatedBmc } from "./machine.ts";

const field = (text: string): Buffer => {
  // One byte of text would look like the end mark, C1h.
  const bytes = Buffer.from(text.slice(0, 63).padEnd(text === "" ? 0 : 2), "latin1");
  return Buffer.concat([Buffer.of(0xc0 | bytes.length), bytes]);
};
/** Makes all bytes add up to 0 (Platform Management FRU Information Storage Definition 1.0, 8). */
const closing = (bytes: Buffer): number => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;

/** FRU inventory with the product's area alone: maker, name, part number, version, serial number, asset tag, file. */
export const inventoryImage = ({ manufacturer, product, serial }: Pick<SimulatedBmc, "manufacturer" | "product" | "serial">): Buffer => {
  const body = Buffer.concat([Buffer.of(1, 0, 25), ...[manufacturer, product, "", "", serial, "", ""].map(field), Buffer.of(0xc1)]);
  const area = Buffer.alloc(Math.ceil((body.length + 1) / 8) * 8);
  body.copy(area);
  area[1] = area.length / 8;
  area[area.length - 1] = closing(area);
  const header = Buffer.from([1, 0, 0, 0, 1, 0, 0, 0]);
  header[7] = closing(header);
  return Buffer.concat([header, area]);
};
