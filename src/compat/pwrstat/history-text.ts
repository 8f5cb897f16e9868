import { wallClock } from "#platform/wall-clock.ts";
import type { Measures } from "./measure.ts";

/** The vendor's own words begin so; any other source's are put into them. */
const vendorTest = /^(Unknown|In progress|Passed at|Failed|Aborted)/;
const testWords: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/progress|running/i, "In progress"],
  [/no test|not? (yet )?(run|done)|none|unknown/i, "Unknown"],
  [/fail|error|\bbad\b|\bNG\b/i, "Failed"],
  [/abort|cancel/i, "Aborted"],
  [/pass|\bok\b/i, "Passed"],
];

export const testText = ({ testResult, testing, has }: Measures): string | undefined => {
  if (testing === true) return "In progress";
  if (testResult === undefined) return has("ups.testResult") ? "Unknown" : undefined;
  if (vendorTest.test(testResult)) return testResult;
  return testWords.find(([pattern]) => pattern.test(testResult))?.[1] ?? testResult;
};

const vendorEvent = /^(Blackout|Over|Under|Low|High)/;

/** A self-test goes to the battery too, and is no power event. */
const isTest = (reason: string): boolean => /test|calibrat/i.test(reason);

/** `24 sec.`, `70 min.` */
const spanText = (seconds: number): string => (Math.round(seconds) < 60 ? `${Math.round(seconds)} sec.` : `${Math.round(seconds / 60)} min.`);

/** `took`: gives the seconds that the outage of a transfer lasted, where that is known. */
export const eventText = (measures: Measures, took: (transfer: string) => number | undefined = () => undefined): string | undefined => {
  const { printedEvent, lastTransfer, lastTransferReason = "", has, onBattery } = measures;
  if (printedEvent !== undefined) return printedEvent;
  if (lastTransfer === undefined) return has("ups.lastTransfer") ? "None" : undefined;
  const at = wallClock(lastTransfer);
  if (at === undefined || isTest(lastTransferReason)) return undefined;
  const seconds = onBattery === true ? undefined : took(lastTransfer);
  return `${vendorEvent.test(lastTransferReason) ? lastTransferReason : "Blackout"} at ${at}${seconds === undefined ? "" : ` for ${spanText(seconds)}`}`;
};
