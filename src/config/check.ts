import type { z } from "zod";
import type { JsonSchema } from "./expectation.ts";
import { findings, unworded } from "./issue.ts";
import type { Finding, Path } from "./problem.ts";
import type { Tree } from "./tree.ts";

const issuesOf = <T>(result: z.ZodSafeParseResult<T>): readonly z.core.$ZodIssue[] => (result.success ? [] : result.error.issues);

const assign = (data: unknown, path: readonly PropertyKey[], value: unknown): void => {
  const holder = path.slice(0, -1).reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)[key], data);
  const last = path.at(-1);
  if (last !== undefined) (holder as Record<PropertyKey, unknown>)[last] = value;
};

/** The environment and `secrets.yaml` hold nothing but text; where a number or truth value is wanted, such a text is read as one. */
const retype = (data: unknown, path: Path, issues: readonly z.core.$ZodIssue[], tree: Tree): boolean => {
  let changed = false;
  for (const issue of issues) {
    if (issue.code !== "invalid_type") continue;
    const text = tree.tagged([...path, ...(issue.path as (string | number)[])]);
    const wantsNumber = issue.expected === "number" || issue.expected === "int";
    const value =
      wantsNumber && text !== undefined && /^-?\d+(\.\d+)?$/.test(text)
        ? Number(text)
        : issue.expected === "boolean" && (text === "true" || text === "false")
          ? text === "true"
          : undefined;
    if (value === undefined) continue;
    assign(data, issue.path, value);
    changed = true;
  }
  return changed;
};

/**
 * Parses the data found at `path`. `whole` is the data that `wants` describes, when the schema sees only some of its keys.
 * `data` may have texts out of tags replaced by numbers.
 */
export const check = <T>(
  schema: z.ZodType<T>,
  data: unknown,
  context: { readonly tree: Tree; readonly path: Path; readonly wants: JsonSchema; readonly whole?: unknown },
): { readonly value?: T; readonly findings: readonly Finding[] } => {
  const options = { error: () => unworded };
  let result = schema.safeParse(data, options);
  if (!result.success && retype(data, context.path, issuesOf(result), context.tree)) result = schema.safeParse(data, options);
  if (result.success) return { value: result.data, findings: [] };
  return { findings: findings({ data: context.whole ?? data, wants: context.wants, path: context.path }, issuesOf(result)) };
};
