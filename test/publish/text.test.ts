import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { editorSchema } from "#config/editor-schema.ts";
import { commandNames, pointNames } from "#domain/capability.ts";
import { upsEventTypes } from "#domain/ups-event.ts";
import { bridgeWords, english, languages, parseText, partWords, textIn, type Text } from "#publish/text/text.ts";

const sections = { bridge: bridgeWords, part: partWords, point: pointNames, command: commandNames, event: ["name", ...upsEventTypes] } as const;
const entries = (text: Text): readonly (readonly [string, string])[] =>
  Object.entries(sections).flatMap(([section, keys]) =>
    keys.map((key) => [`${section} ${key}`, (text[section as keyof Text] as Record<string, string>)[key] ?? ""] as const),
  );

test("every language has every text, none is left in English, and nothing is called the same twice", () => {
  const files = readdirSync(fileURLToPath(new URL("../../src/publish/text", import.meta.url))).filter((name) => name.endsWith(".yaml"));
  expect(files.toSorted()).toEqual(languages.map((language) => `${language}.yaml`).toSorted());
  const inEnglish = new Map(entries(english));
  let compared = 0;
  for (const language of languages) {
    const texts = entries(textIn(language));
    expect(texts.map(([key]) => key)).toEqual([...inEnglish.keys()]);
    for (const [key, text] of texts) {
      // What is empty leaves the name of the part alone, in all languages.
      expect([language, key, text === ""]).toEqual([language, key, inEnglish.get(key) === ""]);
      expect(text).toBe(text.trim());
      expect(text).not.toMatch(/[.:!]$/);
      compared++;
    }
    // In Home Assistant they stand side by side on one device.
    for (const points of [pointNames.filter((name) => name.startsWith("ups.")), pointNames.filter((name) => name.startsWith("meter."))]) {
      const names = points.map((name) => textIn(language).point[name].toLowerCase());
      expect([language, new Set(names).size]).toEqual([language, names.length]);
    }
    const names = commandNames.filter((name) => name.startsWith("ups.")).map((name) => textIn(language).command[name].toLowerCase());
    expect([language, new Set(names).size]).toEqual([language, names.length]);
    const events = upsEventTypes.map((type) => textIn(language).event[type].toLowerCase());
    expect([language, new Set(events).size]).toEqual([language, upsEventTypes.length]);
    const same = texts.filter(([key, text]) => text !== "" && text.length > 7 && text === inEnglish.get(key)).map(([key]) => key);
    if (language !== "en") expect([language, same.filter((key) => key !== "bridge name").length <= 4]).toEqual([language, true]);
  }
  expect(compared).toBe(languages.length * inEnglish.size);
  expect(inEnglish.size).toBeGreaterThan(70);
});

test("languages as Core names them, and English where there are no texts", () => {
  expect(textIn("de").point["ups.charge"]).toBe("Batterieladung");
  for (const [given, wanted] of [
    ["de-CH", "de"],
    ["es-419", "es"],
    ["FR", "fr"],
    ["nl_BE", "nl"],
    ["en-GB", "en"],
    ["pt-BR", "en"],
    ["", "en"],
    ["deu", "en"],
  ] as const)
    expect([given, textIn(given) === textIn(wanted)]).toEqual([given, true]);
  expect(textIn(undefined)).toBe(english);
});

test("a text too few, one too many and one that is none are told by their names", () => {
  const yaml = (change: (text: Record<string, Record<string, unknown>>) => void): string => {
    const text = structuredClone(english) as unknown as Record<string, Record<string, unknown>>;
    change(text);
    return JSON.stringify(text);
  };
  expect(parseText(yaml(() => undefined))).toEqual(english);
  expect(() => parseText(yaml((text) => delete text["point"]?.["ups.load"]))).toThrow(/point misses.*ups\.load/);
  expect(() => parseText(yaml((text) => void Object.assign(text["command"] ?? {}, { "ups.sing": "sing" })))).toThrow(/ups\.sing/);
  expect(() => parseText(yaml((text) => void Object.assign(text["part"] ?? {}, { outlet: 3 })))).toThrow(/outlet/);
  expect(() => parseText("")).toThrow(/bridge is missing/);
});

test("the configuration takes just these languages", () => {
  const { mqtt } = editorSchema(new Map()).properties as unknown as Record<string, { properties: Record<string, { enum?: readonly string[] }> }>;
  expect(mqtt?.properties["language"]?.enum).toEqual(languages);
});
