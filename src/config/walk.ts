import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from "yaml";
import { Merger, type Anchors } from "./merge.ts";
import type { Finding, Path } from "./problem.ts";
import { closest } from "./suggestion.ts";
import type { Vault } from "./vault.ts";

/** The text is legal, but made to exhaust the machine. */
export class Limit extends Error {}

/** A rack of a thousand devices has about 20,000 values. */
const limits = { values: 200_000, depth: 32 } as const;

const ownTags = ["!secret", "!env"];
const plainTags = ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`);
const isOwnTag = (tag: string | undefined): tag is string => tag !== undefined && ownTags.includes(tag);

/** Turns nodes into data in one walk: resolves aliases, merge keys and tags, and notes where each value stands. */
export class Walk {
  readonly findings: Finding[] = [];
  /** Offsets of key and value by path (as JSON). */
  readonly spots = new Map<string, { readonly key: number; readonly value: number }>();
  /** Texts that tags gave, by path (as JSON). */
  readonly tags = new Map<string, string>();
  readonly #anchors: Anchors;
  readonly #merger: Merger;
  readonly #vault: Vault;
  #values = 0;

  constructor(anchors: Anchors, vault: Vault) {
    this.#anchors = anchors;
    this.#merger = new Merger(anchors);
    this.#vault = vault;
  }

  /** `within`: the lists and maps around the node, to notice an alias that contains itself. */
  value(node: unknown, path: Path, within: readonly unknown[]): unknown {
    this.#values += 1;
    if (this.#values > limits.values) throw new Limit("the file unfolds into too many values");
    if (path.length > limits.depth) throw new Limit("the file is nested too deeply");
    if (isAlias(node)) {
      const target = this.#anchors.get(node);
      if (target && !within.includes(target)) return this.value(target, path, within);
      this.#find(path, target ? "this alias contains itself" : "there is no anchor (&) of this name above; a text that begins with * needs quotes");
      return undefined;
    }
    if (!this.#knowsTag(node, path)) return undefined;
    if (isScalar(node)) return isOwnTag(node.tag) ? this.#open(node.tag, node, path) : node.value;
    if (isSeq(node)) return node.items.map((item, at) => this.#child(item, item, [...path, at], [...within, node]));
    if (isMap(node)) return this.#map(node, path, [...within, node]);
    return null;
  }

  #map(map: YAMLMap, path: Path, within: readonly unknown[]): Record<string, unknown> {
    const { entries, repeated, unmergeable } = this.#merger.entries(map);
    const data = entries
      .filter(({ key }) => key !== "__proto__")
      .map(({ key, keyNode, value }) => [key, this.#child(keyNode, value, [...path, key], within)] as const);
    for (const { key, keyNode } of repeated) this.#findKey(keyNode, [...path, key], "this key is here twice");
    for (const { key, keyNode } of entries) if (key === "__proto__") this.#findKey(keyNode, [...path, key], "no key can have this name");
    for (const node of unmergeable) this.#findKey(node, [...path, "<<"], "<< can only merge a map");
    return Object.fromEntries(data);
  }

  #child(key: unknown, value: unknown, path: Path, within: readonly unknown[]): unknown {
    const target = isAlias(value) ? (this.#anchors.get(value) ?? value) : value;
    const keyAt = this.#offset(key);
    // An empty value (`name:`) has no place of its own worth pointing at.
    const empty = target === null || (isScalar(target) && target.source === "" && target.tag === undefined);
    this.spots.set(JSON.stringify(path), { key: keyAt, value: empty ? keyAt : this.#offset(target) });
    return this.value(value, path, within);
  }

  #offset(node: unknown): number {
    return (node as Node | null)?.range?.[0] ?? 0;
  }

  #findKey(node: unknown, path: Path, message: string): void {
    // The first of two equal keys has noted its place already; the finding is about the second.
    this.spots.set(JSON.stringify(path), { key: this.#offset(node), value: this.#offset(node) });
    this.#find(path, message);
  }

  #find(path: Path, message: string, more: Pick<Finding, "expected" | "suggestion"> = {}): void {
    this.findings.push({ path, at: "value", message, ...more });
  }

  #knowsTag(node: unknown, path: Path): boolean {
    const tag = (node as Node | null)?.tag;
    if (tag === undefined || plainTags.includes(tag) || (isOwnTag(tag) && isScalar(node))) return true;
    const suggestion = isOwnTag(tag) ? undefined : closest(tag, ownTags);
    this.#find(path, isOwnTag(tag) ? `${tag} takes a name` : "unknown tag", {
      expected: "!secret or !env with a name",
      ...(suggestion !== undefined && { suggestion }),
    });
    return false;
  }

  #open(tag: string, node: Scalar, path: Path): string | undefined {
    const name = String(node.value).trim();
    const { text, trouble, suggestion } = tag === "!secret" ? this.#vault.secret(name) : this.#vault.env(name);
    if (text === undefined) this.#find(path, trouble ?? "nothing is there", suggestion === undefined ? {} : { suggestion });
    else this.tags.set(JSON.stringify(path), text);
    return text;
  }
}
