/** `respond-async` and `wait` of RFC 7240 (4.1, 4.3): how long the answer may wait for the end of the command. */
export interface Preference {
  /** Milliseconds; undefined is as long as it takes. */
  readonly wait: number | undefined;
}

/** Preferences that are not known are ignored, as the RFC wants; the first of each counts. */
export const readPreference = (header: string | undefined): Preference => {
  const words = (header ?? "").split(",").map((word) => word.trim().toLowerCase());
  if (!words.includes("respond-async")) return { wait: undefined };
  const seconds = words.map((word) => /^wait *= *"?(\d{1,4})"?$/.exec(word)?.[1]).find((found) => found !== undefined);
  return { wait: seconds === undefined ? 0 : Number(seconds) * 1000 };
};
