import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { upsStates, type ValueOf } from "#domain/capability.ts";
import { faultKinds, type FaultKind } from "#domain/fault.ts";
import { repairKinds, type RepairKind } from "#domain/repair.ts";

type UpsState = ValueOf<"ups.state">;

/** Languages of the page; each has a file in the folder `text`. */
export const languages = ["en", "de", "nl", "fr", "es"] as const;
export type Language = (typeof languages)[number];

const plain = <K extends string>(...keys: readonly K[]): Readonly<Record<K, readonly []>> => Object.fromEntries(keys.map((key) => [key, []])) as never;

/** What texts there are, each with the names of what the program puts into it. */
const shape = {
  ...plain("title", "skip"),
  state: plain("ready", "degraded", "stopping"),
  connections: { ...plain("title", "broker", "core", "supervisor", "noBroker", "version"), state: plain("connected", "connecting", "refused") },
  repairs: { ...plain("title"), place: ["file", "line", "column"], accept: ["label"], kind: plain<RepairKind>(...repairKinds) },
  agree: { ...plain("title", "energyHint", "add", "orphansHint", "remove"), energy: ["count"], orphans: ["count"] },
  devices: {
    ...plain("title", "none", "quarantined", "old", "stale", "derived", "more", "part", "locked", "confirm"),
    count: ["online", "count"],
    state: plain("connecting", "online", "offline", "quarantined"),
    fault: plain<FaultKind>(...faultKinds),
    serial: ["serial"],
    firmware: ["firmware"],
    fedBy: ["outlets"],
    readings: ["name"],
  },
  value: plain("yes", "no", "on", "off", "absent", "now"),
  upsState: plain<UpsState>(...upsStates),
  outcomes: {
    ...plain("title", "none", "homeAssistant"),
    state: plain("confirmed", "unconfirmed", "refused", "failed", "running"),
    by: ["who"],
    reason: ["reason"],
    key: ["key"],
    personAndKey: ["person", "key"],
  },
  setup: {
    ...plain("title", "lead", "host", "hostHint", "driver", "any", "login", "username", "password", "community", "port", "ups", "more", "moreHint"),
    ...plain("identify", "nobody", "unnamed", "notes", "id", "idHint", "name", "nameHint", "add", "paste", "copy", "copied", "hostMissing"),
    found: ["count"],
    optionWrong: ["line"],
  },
  settings: {
    ...plain("title", "file", "edit", "editPlain", "reload", "level", "set", "reader"),
    levels: plain("debug", "info", "warn", "error"),
  },
  done: { ...plain("reload", "level"), added: ["what"], label: ["what"], energy: ["what"], orphans: ["what"] },
  failed: plain("title", "back", "outside", "reload", "level", "entry", "nothing"),
} as const;

type Filled<Names extends string> = (values: Readonly<Record<Names, string | number>>) => string;
type Written<S> = S extends readonly []
  ? string
  : S extends readonly (infer Name extends string)[]
    ? Filled<Name>
    : { readonly [Key in keyof S]: Written<S[Key]> };

/** Everything a person reads on the page, in one language. What the program says in its log and in the API as well is English there too, and marked so. */
export type PageText = Written<typeof shape> & { readonly language: Language };

interface Shape {
  readonly [key: string]: readonly string[] | Shape;
}

const isMap = (data: unknown): data is Readonly<Record<string, unknown>> => typeof data === "object" && data !== null && !Array.isArray(data);
const isNames = (wanted: Shape[string]): wanted is readonly string[] => Array.isArray(wanted);
const holes = /\{(\w+)\}/g;
const wrong = (path: string, what: string): TypeError => new TypeError(`texts of the page: ${path} ${what}`);

/** A text that holds each of `names` and nothing else in braces. */
const template = (path: string, data: unknown, names: readonly string[]): string => {
  if (typeof data !== "string" || data === "") throw wrong(path, "is no text");
  const found = new Set([...data.matchAll(holes)].map(([, name]) => name ?? ""));
  if (found.size !== names.length || names.some((name) => !found.has(name))) throw wrong(path, `must hold ${names.join(", ") || "nothing"} in braces`);
  return data;
};

const keysOf = (path: string, data: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> => {
  if (!isMap(data)) throw wrong(path, "is missing");
  const odd = [...keys.filter((key) => !(key in data)), ...Object.keys(data).filter((key) => !keys.includes(key))];
  if (odd.length > 0) throw wrong(path, `misses or does not know ${odd.join(", ")}`);
  return data;
};

/** A text, or a function that fills it. With `count` it may have two forms; that of one where the language says so (Unicode, Plural Rules). */
const write = (path: string, data: unknown, names: readonly string[], plurals: Intl.PluralRules): unknown => {
  if (names.length === 0) return template(path, data, names);
  const two = names.includes("count") ? keysOf(path, data, ["one", "other"]) : { one: data, other: data };
  const [one, other] = [template(path, two["one"], names), template(path, two["other"], names)];
  return (values: Readonly<Record<string, string | number>>): string => {
    const form = "count" in values && plurals.select(Number(values["count"])) === "one" ? one : other;
    return form.replaceAll(holes, (_, name: string) => String(values[name]));
  };
};

const build = (path: string, data: unknown, wanted: Shape, plurals: Intl.PluralRules): Readonly<Record<string, unknown>> => {
  const own = keysOf(path, data, Object.keys(wanted));
  return Object.fromEntries(
    Object.entries(wanted).map(([key, inner]) => {
      const place = path === "" ? key : `${path}.${key}`;
      return [key, isNames(inner) ? write(place, own[key], inner, plurals) : build(place, own[key], inner, plurals)];
    }),
  );
};

/** Reads the texts of a language. Throws when there is one too few or too many, or what is put into one is not what the program has for it. */
export const parsePageText = (yaml: string, language: Language): PageText =>
  ({ ...build("", parse(yaml), shape, new Intl.PluralRules(language)), language }) as unknown as PageText;

const known = new Map<Language, PageText>();

/** Read when first asked for; part of the program, so that its absence is a broken installation. */
export const pageText = (language: Language): PageText => {
  const text = known.get(language) ?? parsePageText(readFileSync(join(import.meta.dirname, "text", `${language}.yaml`), "utf8"), language);
  known.set(language, text);
  return text;
};

/** What the browser wants most of what there is (RFC 9110, 12.5.4); English when it wants none of it. */
export const chooseLanguage = (header: string | undefined): Language => {
  const ranges = (header ?? "").split(",").map((range) => {
    const [tag = "", ...parameters] = range.split(";").map((piece) => piece.trim().toLowerCase());
    const quality = Number(parameters.find((one) => one.startsWith("q="))?.slice(2) ?? 1);
    return { tag: tag.split("-", 1)[0], quality: Number.isNaN(quality) ? 0 : quality };
  });
  const wanted = ranges.filter(({ quality }) => quality > 0).toSorted((one, other) => other.quality - one.quality);
  return wanted.flatMap(({ tag }) => languages.find((language) => language === tag) ?? [])[0] ?? "en";
};
