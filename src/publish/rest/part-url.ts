/** What may follow a part in a path. A part whose id ends so is still reached with its slashes as %2F. */
const partUrl = /^(\/api\/v1\/devices\/[^/?]+\/parts\/)([^?]+?)(\/(?:commands|label))?\/?(\?.*)?$/;

/**
 * A part's id contains slashes (`outlet/3`). OpenAPI 3.1 has no path parameter with a slash (4.8.9.1 of the specification), so the
 * described path takes it as `outlet%2F3`; this makes of a plain `…/parts/outlet/3/commands` the same.
 */
export const foldPart = (url: string): string =>
  url.replace(partUrl, (_, before: string, part: string, after = "", query = "") => `${before}${part.replaceAll("/", "%2F")}${String(after)}${String(query)}`);
