import { parse } from "yaml";
import { commandNames, pointNames, type CommandName, type PointName } from "#domain/capability.ts";
import { upsEventTypes, type UpsEventType } from "#domain/ups-event.ts";
import { readTextIfThere } from "#platform/file.ts";

/** Languages there are texts in; each has a file here. */
export const languages = ["en", "de", "nl", "fr", "es"] as const;
export type Language = (typeof languages)[number];

export const bridgeWords = ["name", "connection", "version", "devices-online", "devices-offline", "devices-quarantined", "problem", "command"] as const;
export type BridgeWord = (typeof bridgeWords)[number];
export const partWords = ["outlet", "phase", "bank", "inlet", "input", "output", "battery", "meter", "sensor", "chassis", "ups", "variable"] as const;

/** What a person reads, in one language. */
export interface Text {
  readonly bridge: Readonly<Record<BridgeWord, string>>;
  /** By kind of part; kinds that are not here show themselves. */
  readonly part: Readonly<Record<string, string>>;
  readonly point: Readonly<Record<PointName, string>>;
  readonly command: Readonly<Record<CommandName, string>>;
  /** What happens to a UPS; `name` is that of the entity. */
  readonly event: Readonly<Record<UpsEventType | "name", string>>;
}

const section = (all: unknown, name: string, keys: readonly string[]): Record<string, string> => {
  const texts = (all as Record<string, unknown> | null)?.[name];
  if (typeof texts !== "object" || texts === null) throw new TypeError(`texts: ${name} is missing`);
  const wrong = [...keys.filter((key) => !(key in texts)), ...Object.keys(texts).filter((key) => !keys.includes(key))];
  const odd = Object.entries(texts)
    .filter(([, text]) => typeof text !== "string")
    .map(([key]) => key);
  if (wrong.length + odd.length > 0) throw new TypeError(`texts: ${name} misses, does not know or has no text for ${[...wrong, ...odd].join(", ")}`);
  return texts as Record<string, string>;
};

/** Reads the texts of a language. Throws when a word of the catalogue has no text, or a text no word. */
export const parseText = (yaml: string): Text => {
  const all: unknown = parse(yaml);
  return {
    bridge: section(all, "bridge", bridgeWords) as Text["bridge"],
    part: section(all, "part", partWords),
    point: section(all, "point", pointNames) as Text["point"],
    command: section(all, "command", commandNames) as Text["command"],
    event: section(all, "event", ["name", ...upsEventTypes]) as Text["event"],
  };
};

const read = async (language: Language): Promise<Text> => parseText((await readTextIfThere(`${import.meta.dirname}/${language}.yaml`)) ?? "");

/** Part of the program, so that the absence of one is a broken installation. */
const texts: ReadonlyMap<string, Text> = new Map(await Promise.all(languages.map(async (language) => [language, await read(language)] as const)));

/** English. */
export const english: Text = texts.get("en") ?? (await read("en"));

/** The texts of a language as Core names it (`de`, `pt-BR`, `es-419`); English where there are none. */
export const textIn = (language: string | undefined): Text => texts.get(language?.toLowerCase().split(/[-_]/)[0] ?? "en") ?? english;
