import { Secret } from "#domain/secret.ts";
import type { Problem } from "./problem.ts";

/** The texts of all secrets in a parsed value, however deep. */
export const secretsIn = (value: unknown): readonly string[] => {
  if (value instanceof Secret) return [value.reveal()];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(secretsIn) : [];
};

/** No problem quotes a value; this is for names and keys that happen to be, or were mistaken for, a secret. */
export const redact = (problems: readonly Problem[], secrets: readonly string[]): readonly Problem[] => {
  const hidden = secrets.filter((secret) => secret.length >= 4);
  const clean = (text: string): string => hidden.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
  return problems.map((problem) => ({
    ...problem,
    path: clean(problem.path),
    message: clean(problem.message),
    ...(problem.expected !== undefined && { expected: clean(problem.expected) }),
    ...(problem.suggestion !== undefined && { suggestion: clean(problem.suggestion) }),
  }));
};
