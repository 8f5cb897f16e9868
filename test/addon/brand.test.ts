import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { brandPictures } from "../../script/brand.ts";

test("every picture is what the program makes of the drawings", () => {
  const pictures = brandPictures();
  expect(pictures.length).toBe(8);
  for (const { path, png } of pictures) expect(Buffer.compare(readFileSync(path), png), `${path}: npm run brand makes it anew`).toBe(0);
});
