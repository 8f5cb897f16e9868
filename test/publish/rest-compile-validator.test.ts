import fc from "fast-check";
import { validatorCompiler } from "@fastify/type-provider-zod";
import { expect, test } from "vitest";
import { z } from "zod";
import { compileValidator } from "#publish/rest/compile-validator.ts";

const schema = z.strictObject({
  command: z.enum(["on", "off"]),
  reason: z.string().max(20).optional(),
  times: z.number().default(1),
  tags: z.array(z.string()).optional(),
});
const routeOf = (httpPart: string): Parameters<typeof validatorCompiler>[0] => ({ schema, method: "POST", url: "/", httpPart });

test("what is remembered is answered as the schema would, again and again, and nobody can change it", () => {
  const check = compileValidator(routeOf("body"));
  const reference = validatorCompiler(routeOf("body"));
  let right = 0;
  const text = fc.constantFrom("on", "off", "command", "reason", "", '"', "\u0000", "off\u0000reason\u0000x", "a text that is longer than twenty letters");
  const value = fc.oneof(text, fc.integer(), fc.array(text), fc.constant(null));
  const body = fc.oneof(
    fc.record({ command: fc.constantFrom("on", "off"), reason: fc.constantFrom("", "x", "y") }, { requiredKeys: ["command"] }),
    fc.dictionary(fc.constantFrom("command", "reason", "times", "tags", "__proto__", "command\u0000off"), value),
    value,
  );
  fc.assert(
    fc.property(body, (data) => {
      const expected = reference(data) as { readonly value?: unknown; readonly error?: unknown };
      for (let turn = 0; turn < 3; turn++) {
        const answer = check(data) as { readonly value?: Record<string, unknown>; readonly error?: unknown };
        expect(answer.error === undefined).toBe(expected.error === undefined);
        expect(answer.value).toEqual(expected.value);
        if (answer.value === undefined) continue;
        right++;
        answer.value["command"] = "changed by whoever got it";
      }
    }),
    { numRuns: 2000 },
  );
  expect(right).toBeGreaterThan(500);
});

test("a flood of different requests is not kept", () => {
  const check = compileValidator(routeOf("body"));
  for (let turn = 0; turn < 5000; turn++) expect(check({ command: "on", reason: String(turn) })).toMatchObject({ value: { reason: String(turn) } });
  expect(check({ command: "on", reason: "x".repeat(21) })).toHaveProperty("error");
});
