import type { z } from "zod";
import { either, expectation, keysAt, wordsAt, type JsonSchema } from "./expectation.ts";
import type { Finding, Path } from "./problem.ts";
import { closest } from "./suggestion.ts";

type Issue = z.core.$ZodIssue;

/** Given to zod as the text of every issue that has none of its own, to tell those that have. */
export const unworded = "\0";

/** What the issues of one schema are about: the data it was given, and what it wants. */
export interface Subject {
  readonly data: unknown;
  readonly wants: JsonSchema;
  /** Path of `data` in the file. */
  readonly path: Path;
}

const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null && Object.hasOwn(inner, key) ? (inner as Record<string | number, unknown>)[key] : undefined),
    data,
  );

const kind = (value: unknown): string => {
  if (value === null) return "is empty";
  if (Array.isArray(value)) return "is a list";
  const kinds: Readonly<Record<string, string>> = { string: "is text", number: "is a number", boolean: "is true or false", object: "has keys" };
  return kinds[typeof value] ?? "is of the wrong kind";
};

const pathOf = (issue: Issue): Path => issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));

/** A key without a value, like no other key, may be the second half of a password with a comma in it: it is not named. */
const unnamed = (subject: Subject, path: Path, key: string): Pick<Finding, "hidden"> =>
  valueAt(subject.data, [...path, key]) === null ? { hidden: true } : {};

const unknownKeys = (subject: Subject, path: Path, keys: readonly string[]): readonly Finding[] => {
  const known = keysAt(subject.wants, path);
  const present = valueAt(subject.data, path);
  const free = known.filter((key) => typeof present !== "object" || present === null || !Object.hasOwn(present, key));
  return keys.map((key) => {
    const suggestion = closest(key, free);
    const expected = known.length === 0 ? {} : { expected: either(known) };
    return {
      path: [...subject.path, ...path, key],
      at: "key",
      message: "unknown key",
      ...expected,
      ...(suggestion === undefined ? unnamed(subject, path, key) : { suggestion }),
    };
  });
};

/** The branch of a union that was meant: one that fits in kind, and of these the one with the least wrong. */
const likeliest = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined => {
  const fitting = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || (issue.code !== "invalid_type" && issue.code !== "invalid_value")),
  );
  return fitting.toSorted((one, other) => one.length - other.length)[0];
};

const single = (subject: Subject, issue: Issue): Finding => {
  const path = pathOf(issue);
  const value = valueAt(subject.data, path);
  const place = { path: [...subject.path, ...path], at: "value" } as const;
  const expected = expectation(subject.wants, path);
  const wanted = expected === undefined ? {} : { expected };
  const nested = issue.code === "invalid_key" ? issue.issues.find(({ message }) => message !== unworded)?.message : undefined;
  if (nested !== undefined) return { ...place, at: "key", message: nested };
  if (issue.message !== unworded) return { ...place, message: issue.message, ...wanted };
  if (value === undefined) return { ...place, message: "is missing", ...wanted };
  const among = wordsAt(subject.wants, path);
  if (issue.code === "too_small" || issue.code === "too_big") {
    const empty = value === "" || (Array.isArray(value) && value.length === 0);
    const size =
      typeof value === "number" ? (issue.code === "too_small" ? "is too small" : "is too large") : issue.code === "too_small" ? "is too short" : "is too long";
    return { ...place, message: empty ? "is empty" : size, ...wanted };
  }
  if (among.length > 0 && (typeof value === "string" || typeof value === "number")) {
    const suggestion = closest(String(value), among);
    return { ...place, message: "is none of the possible words", ...wanted, ...(suggestion !== undefined && { suggestion }) };
  }
  if (issue.code === "invalid_format") return { ...place, message: "is not of the right form", ...wanted };
  if (issue.code === "invalid_type" && typeof value === "number" && expected?.includes("number") === true)
    return { ...place, message: "is no such number", ...wanted };
  return { ...place, message: kind(value), ...wanted };
};

/** What a schema complains of, in words for a person, without any value out of the file. */
export const findings = (subject: Subject, issues: readonly Issue[]): readonly Finding[] =>
  issues.flatMap((issue): readonly Finding[] => {
    const path = pathOf(issue);
    if (issue.code === "unrecognized_keys") return unknownKeys(subject, path, issue.keys);
    const branch = issue.code === "invalid_union" && issue.message === unworded ? likeliest(issue.errors) : undefined;
    if (branch)
      return findings(
        subject,
        branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
      );
    return [single(subject, issue)];
  });
