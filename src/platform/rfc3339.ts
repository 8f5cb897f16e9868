const latest = { ms: Number.NaN, text: "" };

/** `2026-01-31T12:34:56.789Z`, from milliseconds since 1970. All readings of a poll have one time: the last is kept, as making one takes long. */
export const rfc3339 = (ms: number): string => {
  if (ms !== latest.ms) Object.assign(latest, { ms, text: new Date(ms).toISOString() });
  return latest.text;
};

/** Milliseconds since 1970 of what `rfc3339` wrote. */
export const readRfc3339 = (text: string): number => Date.parse(text);
