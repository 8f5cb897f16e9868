import { isAlias, isDocument, LineCounter, parseDocument, visit, type Alias, type Document, type Node } from "yaml";
import type { Anchors } from "./merge.ts";
import type { Finding, Path } from "./problem.ts";
import type { Vault } from "./vault.ts";
import { Limit, Walk } from "./walk.ts";
import { sentences } from "./yaml-error.ts";

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text as plain data in which every value still knows where it was written. */
export interface Tree {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** Where the value at a path, or its key, stands; the nearest thing around it when it is not there. */
  place(path: Path, at: "key" | "value"): Place;
  /** The text that `!secret` or `!env` gave at this path. */
  tagged(path: Path): string | undefined;
  /** Every text that a tag gave. */
  readonly secrets: readonly string[];
}

export interface Fracture extends Place {
  readonly message: string;
}

/** A rack of a thousand devices is a quarter of this. */
const longestText = 1_048_576;
const mostFractures = 20;

const anchorsOf = (document: Document): Anchors => {
  const latest = new Map<string, Node>();
  const anchors = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      const target = isAlias(node) ? latest.get(node.source) : undefined;
      if (isAlias(node) && target) anchors.set(node, target);
      else if (!isAlias(node) && "anchor" in node && node.anchor !== undefined) latest.set(node.anchor, node);
    },
  });
  return anchors;
};

const place = (lines: LineCounter, offset: number): Place => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
};

/** One for each place: the parser often says of one mistake several things, and after a bad one it goes on for long. */
const distinct = (fractures: readonly Fracture[]): readonly Fracture[] =>
  [...new Map(fractures.toReversed().map((fracture) => [`${fracture.line}:${fracture.column}`, fracture])).values()].toReversed().slice(0, mostFractures);

const treeOf = (walk: Walk, value: unknown, lines: LineCounter): Tree => ({
  value,
  findings: walk.findings,
  secrets: [...walk.tags.values()],
  tagged: (path) => walk.tags.get(JSON.stringify(path)),
  place: (path, at) => {
    for (let length = path.length; length > 0; length--) {
      const spot = walk.spots.get(JSON.stringify(path.slice(0, length)));
      // Of what is missing, the key of that which should hold it is the most telling place.
      if (spot) return place(lines, length === path.length ? spot[at] : spot.key);
    }
    return { line: 1, column: 1 };
  },
});

const read = (text: string, vault: Vault, lines: LineCounter): Tree | readonly Fracture[] => {
  const tag = (name: string): { tag: string; resolve: (text: string) => string } => ({ tag: name, resolve: (value) => value });
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Found by our own walk, which does not take the square of the time.
    uniqueKeys: false,
    stringKeys: true,
    customTags: [tag("!secret"), tag("!env")],
  });
  if (!isDocument(document) || document.errors.length > 0) {
    return distinct(document.errors.map((error) => ({ ...place(lines, error.pos[0]), message: sentences[error.code] })));
  }
  const walk = new Walk(anchorsOf(document), vault);
  const value = walk.value(document.contents, [], []);
  return treeOf(walk, value, lines);
};

/** Reads the text, or says where it is no YAML. Texts made to exhaust the machine are refused. Never throws. */
export const readTree = (text: string, vault: Vault): { readonly tree: Tree } | { readonly fractures: readonly Fracture[] } => {
  if (text.length > longestText) return { fractures: [{ line: 1, column: 1, message: "the file is larger than 1 MiB" }] };
  const lines = new LineCounter();
  try {
    const result = read(text, vault, lines);
    return "value" in result ? { tree: result } : { fractures: result };
  } catch (error) {
    if (error instanceof Limit) return { fractures: [{ line: 1, column: 1, message: error.message }] };
    // The parser and its visitor recurse; a text nested ten thousand deep ends the stack.
    if (error instanceof RangeError) return { fractures: [{ line: 1, column: 1, message: sentences.RESOURCE_EXHAUSTION }] };
    throw error;
  }
};
