import { readRfc3339 } from "#platform/rfc3339.ts";

/** What apcupsd writes where it knows nothing: "the data portion of the output record will contain an N/A" (its manual, "Status report format"). */
const nothing = /^(n\/?a|unknown( event)?|not set|\?+)?$/i;

/** A text that says something, or undefined. */
export const said = (text: string): string | undefined => (nothing.test(text) ? undefined : text);

/** `2026-11-20 22:35:47 +0000`, since 3.14; before, the zone was an abbreviation (`EDT`, `JST`) that says no moment. */
const stamp = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;

/** The moment as RFC 3339, or undefined. */
export const readMoment = (text: string): string | undefined => {
  const [matched, date, time, hours, minutes] = stamp.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const moment = `${date}T${time}${hours}:${minutes}`;
  return Number.isNaN(readRfc3339(moment)) ? undefined : moment;
};
