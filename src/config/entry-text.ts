import { Document, isMap, isScalar, visit } from "yaml";

export const secretTag = "!secret";
const tagged = new RegExp(`^${secretTag} (\\S+)$`);

/** The name in a text such as `!secret rack-pdu-community`; undefined for any other value. */
export const secretName = (value: unknown): string | undefined => (typeof value === "string" ? tagged.exec(value)?.[1] : undefined);

export interface Layout {
  /** Blanks before the id. */
  readonly indent: string;
  /** Blanks more for each level. */
  readonly step: number;
  readonly newline: string;
}

/** The entry as a document whose texts `!secret name` are tags. */
const documentOf = (id: string, entry: Readonly<Record<string, unknown>>): Document => {
  const document = new Document({ [id]: entry });
  visit(document, {
    Scalar: (key, node) => {
      const name = key === "key" ? undefined : secretName(node.value);
      if (name === undefined) return;
      node.tag = secretTag;
      node.value = name;
    },
  });
  return document;
};

/** Lines for below `devices:`, each with its line end. */
export const entryText = (id: string, entry: Readonly<Record<string, unknown>>, { indent, step, newline }: Layout): string =>
  documentOf(id, entry)
    .toString({ indent: step, lineWidth: 0 })
    .split("\n")
    .map((line) => (line === "" ? "" : `${indent}${line}${newline}`))
    .join("");

/** `id: { driver: nut, … }`, for a map that is written in braces. */
export const flowText = (id: string, entry: Readonly<Record<string, unknown>>): string => {
  const document = documentOf(id, entry);
  if (isMap(document.contents)) for (const { value } of document.contents.items) if (isMap(value)) value.flow = true;
  visit(document, { Scalar: (_, node) => void (isScalar(node) && typeof node.value === "string" && /\n/.test(node.value) && (node.type = "QUOTE_DOUBLE")) });
  return document.toString({ lineWidth: 0 }).trimEnd();
};
