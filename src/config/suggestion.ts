/** Edits (insert, delete, replace, swap of neighbours) from one word to the other; the restricted Damerau-Levenshtein distance. */
const distance = (from: string, to: string): number => {
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const edit = Math.min((above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(swapped ? Math.min(edit, (before[column - 2] ?? 0) + 1) : edit);
    }
    [before, above] = [above, current];
  }
  return above[to.length] ?? 0;
};

/** One or two letters are a word of their own and no misspelling; of a longer word a third of the letters may be wrong. */
const tolerance = (candidate: string): number => (candidate.length < 3 ? 0 : Math.max(1, Math.floor(candidate.length / 3)));

/** Of the candidates the one that was probably meant, if any is near enough. */
export const closest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length > 64) return undefined;
  let best: { readonly candidate: string; readonly edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits <= tolerance(candidate) && (best === undefined || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate;
};
