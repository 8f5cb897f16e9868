import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import { fruText } from "./packed-text.ts";

export interface Identity {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
}

/** Text fields of an area from `at` on, up to the end mark C1h or the end of the area. */
const fields = (area: Buffer, at: number, language: number): readonly string[] => {
  const found: string[] = [];
  for (let place = at; place < area.length;) {
    const kind = area.readUInt8(place);
    const next = place + 1 + (kind & 0x3f);
    if (kind === 0xc1 || next > area.length) break;
    found.push(fruText(kind, area.subarray(place + 1, next), language));
    place = next;
  }
  return found;
};

const areaAt = (image: Buffer, place: number): Buffer | undefined => {
  const start = (image[place] ?? 0) * 8;
  return start === 0 || start + 2 > image.length ? undefined : image.subarray(start, start + (image[start + 1] ?? 0) * 8);
};

const named = (manufacturer: string | undefined, model: string | undefined, serial: string | undefined): Identity => ({
  ...(manufacturer && { manufacturer }),
  ...(model && { model }),
  ...(serial && { serial }),
});

/**
 * Who made what, out of a FRU inventory (Platform Management FRU Information Storage Definition 1.0, 8 to 12): the product's area, and
 * where that says nothing the board's. Checksums are not looked at: many are wrong, and a wrong name harms nobody. Never throws.
 */
export const decodeFru = (image: Buffer): Identity => {
  if (image.length < 8) return {};
  const board = areaAt(image, 3);
  const product = areaAt(image, 4);
  const [boardMaker, boardName, boardSerial] = board ? fields(board, 6, board[2] ?? 0) : [];
  const [maker, name, , , serial] = product ? fields(product, 3, product[2] ?? 0) : [];
  return { ...named(boardMaker, boardName, boardSerial), ...named(maker, name, serial) };
};

/** Bytes a read; more is refused by some BMCs and too long for others' buffers. */
const chunk = 16;
/** No inventory of a server is larger; a wrong length must not make us read for minutes. */
const largest = 2_048;

/** Reads what `decodeFru` looks at from the BMC's FRU device 0: header, board and product. Undefined when it has none. */
export const readFru = async (bmc: BmcConnection, signal: AbortSignal): Promise<Buffer | undefined> => {
  const info = await bmc.ask({ netFn: 0x0a, command: 0x10, data: Uint8Array.of(0) }, signal);
  if (info.code !== 0 || info.data.length < 3) return undefined;
  const size = Math.min(largest, info.data.readUInt16LE(0));
  const unit = (info.data.readUInt8(2) & 1) === 0 ? 1 : 2;
  const image = Buffer.alloc(size);
  const fill = async (from: number, to: number): Promise<boolean> => {
    for (let at = from; at < Math.min(to, size);) {
      const count = Math.min(chunk, Math.min(to, size) - at);
      const offset = at / unit;
      const { code, data } = await bmc.ask({ netFn: 0x0a, command: 0x11, data: Uint8Array.of(0, offset & 0xff, offset >> 8, Math.ceil(count / unit)) }, signal);
      if (code !== 0 || data.length < 2) return false;
      image.set(data.subarray(1, 1 + Math.min(data.length - 1, size - at)), at);
      at += data.length - 1;
    }
    return true;
  };
  if (size < 8 || !(await fill(0, 8))) return undefined;
  for (const place of [3, 4]) {
    const start = (image[place] ?? 0) * 8;
    if (start === 0) continue;
    if (await fill(start, start + 8)) await fill(start + 8, start + (image[start + 1] ?? 0) * 8);
  }
  return image;
};
