/** Markup that was made by `html` alone, and so holds nothing that was not escaped. */
class Html {
  readonly #text: string;
  constructor(strings: readonly string[], values: readonly Part[]) {
    this.#text = strings.map((piece, at) => (at === 0 ? piece : written(values[at - 1]) + piece)).join("");
  }
  toString(): string {
    return this.#text;
  }
}

export type { Html };

/** What may stand in `html`: text and numbers are escaped; nothing is written for undefined and false. */
export type Part = string | number | undefined | false | Html | readonly Part[];

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => entities[letter] ?? "");

const written = (part: Part): string => {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.toString();
  return typeof part === "object" ? part.map(written).join("") : escape(String(part));
};

/** Escapes every value, in text and in quoted attributes (OWASP, Cross Site Scripting Prevention, rules 1 and 2). There is no way around it. */
export const html = (strings: TemplateStringsArray, ...values: readonly Part[]): Html => new Html(strings, values);
