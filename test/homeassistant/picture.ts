import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";

const folder = process.env["RACK_POWER_PICTURES"];

/** Sizes in which people see the pages. */
export const windows = { wide: { width: 1200, height: 800 }, narrow: { width: 400, height: 800 } } as const;

/** A picture for README and DOCS, when they are made anew: `npm run pictures`. */
export const takePicture = async (what: Page | Locator, name: string): Promise<void> => {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await what.screenshot({ path: join(folder, `${name}.png`), animations: "disabled", caret: "hide" });
};
