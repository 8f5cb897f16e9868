/** `2026-01-31T12:34:56.789Z`, from milliseconds since 1970. */
export const rfc3339 = (ms: number): string => new Date(ms).toISOString();
