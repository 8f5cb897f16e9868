import { mkdir, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";

const root = join(import.meta.dirname, "..");
const drawing = (name: string): string => readFileSync(join(root, "addon", "brand", name), "utf8");

/** A drawing as a part of another one, where `place` says. */
const nested = (text: string, place: string): string => text.replace("<svg ", `<svg ${place} `);

/** Icon and name beside each other; `ink` is the colour of the name. */
const logo = (ink: string): string => {
  const name = drawing("wordmark.svg").replace(/ color="[^"]*"/, ` color="${ink}"`);
  const parts = [nested(drawing("icon.svg"), 'width="80" height="80"'), nested(name, 'x="94" y="17" width="240" height="44"')];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 334 80">${parts.join("")}</svg>`;
};

/** Blue that can be read on white and on black: the store shows one picture to everybody. */
const either = "#2f81bd";
const onDark = "#e8eef3";
const integration = "integration/custom_components/rack_power/brand";

/** Path below the root, drawing, width in pixels. Sizes: developers.home-assistant, apps/presentation.md and core/integration/brand_images.md. */
const pictures: readonly (readonly [path: string, svg: string, width: number])[] = [
  ["icon.png", drawing("icon.svg"), 128],
  ["logo.png", logo(either), 250],
  [`${integration}/icon.png`, drawing("icon.svg"), 256],
  [`${integration}/icon@2x.png`, drawing("icon.svg"), 512],
  [`${integration}/logo.png`, logo(either), 535],
  [`${integration}/logo@2x.png`, logo(either), 1_069],
  [`${integration}/dark_logo.png`, logo(onDark), 535],
  [`${integration}/dark_logo@2x.png`, logo(onDark), 1_069],
];

/** Every picture of the brand, made from the drawings in `addon/brand`. */
export const brandPictures = (): readonly { readonly path: string; readonly png: Uint8Array }[] =>
  pictures.map(([path, svg, width]) => ({ path, png: new Resvg(svg, { fitTo: { mode: "width", value: width } }).render().asPng() }));

if (import.meta.main) {
  for (const { path, png } of brandPictures()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), png);
  }
}
