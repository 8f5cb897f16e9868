import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { oldestCore, tooOld } from "#homeassistant/core-age.ts";

test("the store, HACS and the program name the same oldest Core", () => {
  const store = parse(readFileSync("config.yaml", "utf8")) as { readonly homeassistant: string };
  const hacs = JSON.parse(readFileSync("integration/hacs.json", "utf8")) as { readonly homeassistant: string };
  expect([store.homeassistant, hacs.homeassistant]).toEqual([oldestCore, oldestCore]);
});

test.each(["2026.7.4", "2025.12.0", "2024.11.3", "2026.7.0b3"])("%s is too old, and the sentence says what is wanted", (version) => {
  expect(tooOld(version)).toMatch(new RegExp(`^Home Assistant ${version} is older than ${oldestCore}`));
});

test.each(["2026.8.0", "2026.8.0b1", "2026.8.3", "2026.10.0", "2027.1.0", "2026.9.0.dev202608190230", "", "tomorrow"])("%s is taken as it comes", (version) => {
  expect(tooOld(version)).toBeUndefined();
});
