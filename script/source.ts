import { globSync, readFileSync } from "node:fs";

/** Paths from the repository's root, with `/`, and their texts. */
export type Sources = ReadonlyMap<string, string>;

export const readSources = (...patterns: readonly string[]): Sources =>
  new Map(
    globSync([...patterns])
      .sort()
      .map((path) => [path.replaceAll("\\", "/"), readFileSync(path, "utf8")]),
  );

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;
