import fc from "fast-check";
import { expect, test } from "vitest";
import { foldPart } from "#publish/rest/part-url.ts";

/** The rule as one expression; the code is the same without the cost of it. */
const rule = /^(\/api\/v1\/devices\/[^/?]+\/parts\/)([^?]+?)(\/(?:commands|label))?\/?(\?.*)?$/;
const byRule = (url: string): string =>
  url.replace(rule, (_, before: string, part: string, after = "", query = "") => `${before}${part.replaceAll("/", "%2F")}${String(after)}${String(query)}`);

test("the slashes of a part are folded, and nothing else of a path is touched", () => {
  const piece = fc.constantFrom(
    "/api/v1/devices/",
    "/api/v1/",
    "pdu",
    "/parts/",
    "/parts",
    "outlet",
    "/",
    "//",
    "3",
    "/commands",
    "/label",
    "?",
    "?x=/parts/a/b",
    "%2F",
  );
  const start = fc.constantFrom("/api/v1/devices/pdu/parts/", "/api/v1/devices/pdu/parts/", "/api/v1/devices/", "");
  let folded = 0;
  fc.assert(
    fc.property(start, fc.array(piece, { maxLength: 7 }), (before, pieces) => {
      const url = before + pieces.join("");
      const answer = foldPart(url);
      expect(answer).toBe(byRule(url));
      if (answer !== url) folded++;
    }),
    { numRuns: 5000 },
  );
  expect(folded).toBeGreaterThan(1000);
});
