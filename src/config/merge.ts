import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type YAMLMap } from "yaml";

/** One key of a map with the node of its value, own or merged in. */
export interface Entry {
  readonly key: string;
  readonly keyNode: unknown;
  readonly value: unknown;
}

export interface Entries {
  readonly entries: readonly Entry[];
  /** Keys that the map itself has already had. */
  readonly repeated: readonly Entry[];
  /** Values of << that are no map, or lead back to the map itself. */
  readonly unmergeable: readonly unknown[];
}

export type Anchors = ReadonlyMap<Alias, Node>;

const follow = (node: unknown, anchors: Anchors): unknown => (isAlias(node) ? anchors.get(node) : node);

/** What a << stands for: one map, or the maps of a list, the first of which wins (YAML's merge type). */
const sources = (value: unknown, anchors: Anchors): readonly unknown[] => {
  const target = follow(value, anchors);
  return isSeq(target) ? target.items.map((item) => follow(item, anchors)) : [target];
};

/** Finds the pairs of maps: their own, then those merged in that they do not have themselves. Each map is looked at once, however often it is merged. */
export class Merger {
  readonly #anchors: Anchors;
  readonly #known = new Map<YAMLMap, Entries>();
  readonly #open = new Set<unknown>();

  constructor(anchors: Anchors) {
    this.#anchors = anchors;
  }

  entries(map: YAMLMap): Entries {
    const known = this.#known.get(map);
    if (known) return known;
    this.#open.add(map);
    const own = map.items.map(({ key, value }): Entry => ({ key: isScalar(key) ? String(key.value) : "", keyNode: key, value }));
    const found = new Map<string, Entry>();
    const repeated: Entry[] = [];
    const unmergeable: unknown[] = [];
    for (const entry of own) {
      if (entry.key === "<<") continue;
      if (found.has(entry.key)) repeated.push(entry);
      else found.set(entry.key, entry);
    }
    const merges = own.filter((entry) => entry.key === "<<").flatMap(({ value }) => sources(value, this.#anchors).map((source) => ({ value, source })));
    for (const { value, source } of merges) {
      if (!isMap(source) || this.#open.has(source)) unmergeable.push(value);
      else for (const entry of this.entries(source).entries) if (!found.has(entry.key)) found.set(entry.key, entry);
    }
    this.#open.delete(map);
    const result = { entries: [...found.values()], repeated, unmergeable };
    this.#known.set(map, result);
    return result;
  }
}
