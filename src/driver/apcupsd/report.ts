import { Fault } from "#domain/fault.ts";

/** A status report: the text of each field, trimmed, by its name. */
export type Report = ReadonlyMap<string, string>;

/** Of the records of an answer; throws `Fault` malformed when they are no status report. */
export const reportOf = (records: readonly string[]): Report => {
  const report = new Map<string, string>();
  for (const record of records) {
    const colon = record.indexOf(":");
    if (colon > 0) report.set(record.slice(0, colon).trimEnd(), record.slice(colon + 1).trim());
  }
  if (!report.has("STATUS") && !report.has("STATFLAG")) {
    const [first = "nothing"] = records;
    throw new Fault("malformed", `apcupsd answered with something else than a status: ${JSON.stringify(first.slice(0, 80))}`);
  }
  return report;
};
