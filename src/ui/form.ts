import type { Question } from "#domain/identified.ts";
import type { Typed } from "./setup-section.ts";

/** The fields of a form, each once. */
export type Form = Readonly<Record<string, string>>;

/** What a browser sends for a form (WHATWG URL, 5.1). */
export const parseForm = (body: string): Form => Object.fromEntries(new URLSearchParams(body));

/** What was ticked in a list. */
export const pickedIn = (form: Form): readonly string[] => Object.keys(form).flatMap((name) => (name.startsWith("pick.") ? [name.slice(5)] : []));

/** Numbers and truth values as YAML would read them; all else is text. */
const plain = (text: string): string | number | boolean => {
  if (/^-?\d{1,15}(\.\d{1,10})?$/.test(text)) return Number(text);
  return text === "true" || text === "false" ? text === "true" : text;
};

/** `version: 3`, one per line; or the first line that is none. */
const moreOptions = (text: string): Readonly<Record<string, unknown>> | { readonly wrongLine: string } => {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const pairs = lines.map((line) => /^([A-Za-z][\w.]*)\s*:\s+(.+)$/.exec(line));
  const wrong = pairs.findIndex((pair) => pair === null);
  if (wrong !== -1) return { wrongLine: lines[wrong] ?? "" };
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", plain(pair?.[2] ?? "")]));
};

/** What can be typed again into the form. The other options may hold a secret. */
export const typedIn = ({ host, driver, username, port, ups }: Form): Typed => ({
  ...(host !== undefined && { host }),
  ...(driver !== undefined && { driver }),
  ...(username !== undefined && { username }),
  ...(port !== undefined && { port }),
  ...(ups !== undefined && { ups }),
});

/** What the form asks; or the line that is no option. Empty fields are not set: a driver has its own usual values. */
export const questionIn = (form: Form): Question | { readonly wrongLine: string } => {
  const more = moreOptions(form["more"] ?? "");
  if ("wrongLine" in more) return { wrongLine: String(more["wrongLine"]) };
  const named = ["username", "password", "community", "ups"].flatMap((name) => (form[name] === undefined || form[name] === "" ? [] : [[name, form[name]]]));
  const port = (form["port"] ?? "").trim();
  const driver = form["driver"] ?? "";
  return {
    host: (form["host"] ?? "").trim(),
    ...(driver !== "" && { driver }),
    options: { ...Object.fromEntries(named), ...(port !== "" && { port: plain(port) }), ...more },
  };
};

/** The entry that came with the form, with the name a person gave; undefined when it is none. */
export const entryIn = ({ entry = "", name = "" }: Form): Readonly<Record<string, unknown>> | undefined => {
  try {
    const { driver, ...rest } = JSON.parse(entry) as Readonly<Record<string, unknown>>;
    if (typeof driver !== "string") return undefined;
    return { driver, ...(name.trim() !== "" && { name: name.trim() }), ...rest };
  } catch {
    return undefined;
  }
};
