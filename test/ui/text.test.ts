import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { languages as published } from "#publish/text/text.ts";
import { chooseLanguage, languages, pageText, parsePageText } from "#ui/text.ts";
import { formatAgo } from "#ui/format.ts";

type Texts = { [key: string]: string | Texts };
const folder = fileURLToPath(new URL("../../src/ui/text", import.meta.url));
const read = (language: string): Texts => parse(readFileSync(`${folder}/${language}.yaml`, "utf8")) as Texts;
const flat = (texts: Texts, path = ""): readonly (readonly [string, string])[] =>
  Object.entries(texts).flatMap(([key, text]) => (typeof text === "string" ? [[`${path}${key}`, text] as const] : flat(text, `${path}${key}.`)));
const holes = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").toSorted();

/** Names, and words that some languages share. */
const names = new Set(["connections.core", "repairs.kind.core", "outcomes.homeAssistant", "devices.firmware", "settings.title"]);

test("every language has the same texts with the same places to fill, and none is left in English", () => {
  expect(readdirSync(folder).toSorted()).toEqual(languages.map((language) => `${language}.yaml`).toSorted());
  expect(languages).toEqual(published);
  const inEnglish = new Map(flat(read("en")));
  let compared = 0;
  for (const language of languages) {
    expect(pageText(language).language).toBe(language);
    const texts = flat(read(language));
    expect(texts.map(([key]) => key).toSorted()).toEqual([...inEnglish.keys()].toSorted());
    for (const [key, text] of texts) {
      expect([language, key, holes(text)]).toEqual([language, key, holes(inEnglish.get(key) ?? "")]);
      compared++;
    }
    const same = texts.filter(([key, text]) => text.length > 12 && text === inEnglish.get(key)).map(([key]) => key);
    if (language !== "en") expect([language, same.filter((key) => !names.has(key))]).toEqual([language, []]);
  }
  expect(compared).toBe(languages.length * inEnglish.size);
  expect(inEnglish.size).toBeGreaterThan(120);
});

test("a text too few, one too many, and one that cannot be filled are told by their names", () => {
  const change = (act: (texts: Texts) => void): string => {
    const texts = read("en");
    act(texts);
    return stringify(texts);
  };
  const within = (texts: Texts, key: string): Texts => texts[key] as Texts;
  expect(
    parsePageText(
      change(() => undefined),
      "en",
    ).devices.count({ online: 1, count: 2 }),
  ).toBe("1 of 2 devices online");
  for (const [act, sentence] of [
    [(texts) => delete within(texts, "setup")["host"], /setup misses or does not know host/],
    [(texts) => (within(texts, "setup")["sing"] = "la"), /setup misses or does not know sing/],
    [(texts) => (within(texts, "repairs")["place"] = "{file}, {line}"), /repairs\.place must hold file, line, column in braces/],
    [(texts) => (texts["title"] = "{name}"), /title must hold nothing in braces/],
    [(texts) => (texts["title"] = ""), /title is no text/],
    [(texts) => (within(texts, "setup")["found"] = "{count}"), /setup\.found is missing/],
  ] as const satisfies readonly (readonly [(texts: Texts) => unknown, RegExp])[])
    expect(() => parsePageText(change(act), "en")).toThrow(sentence);
  expect(() => parsePageText("", "en")).toThrow(/is missing/);
});

test("each language counts in its own way", () => {
  const found = (language: "en" | "fr" | "de", count: number): string => pageText(language).setup.found({ count });
  expect([found("en", 1), found("en", 2), found("en", 0)]).toEqual(["1 answer", "2 answers", "0 answers"]);
  expect([found("fr", 0), found("fr", 1), found("fr", 2)]).toEqual(["0 réponse", "1 réponse", "2 réponses"]);
  // What is put in is put in as it is.
  expect(pageText("en").outcomes.by({ who: "{who} $& $1" })).toBe("by {who} $& $1");
});

test("how long ago, in the largest unit that says enough", () => {
  const said = [7, 59, 60, 3_599, 3_600, 172_799, 172_800, 864_000].map((seconds) => formatAgo("en", seconds));
  expect(said).toEqual(["7 sec. ago", "59 sec. ago", "1 min. ago", "59 min. ago", "1 hr. ago", "47 hr. ago", "2 days ago", "10 days ago"]);
  expect(formatAgo("de", 125)).toBe("vor 2 Min.");
});

test("a browser that wants nothing of what there is gets English", () => {
  for (const [header, wanted] of [
    [undefined, "en"],
    ["*", "en"],
    ["sv, *;q=0.5", "en"],
    ["en;q=0.5, nl;q=0.9", "nl"],
    ["FR-ca", "fr"],
    ["de;q=0", "en"],
    [";;;,,q=", "en"],
  ] as const)
    expect([header, chooseLanguage(header)]).toEqual([header, wanted]);
});
