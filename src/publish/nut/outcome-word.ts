import type { FaultKind } from "#domain/fault.ts";
import type { Outcome, Refusal } from "#domain/outcome.ts";
import type { ErrorWord, Result } from "./word.ts";

/** The words that depend on what was asked: an instant command, or a new value. */
export interface Wording {
  readonly failed: ErrorWord;
  readonly unknown: ErrorWord;
  readonly unfit: ErrorWord;
}
export const ofCommand: Wording = { failed: "INSTCMD-FAILED", unknown: "CMD-NOT-SUPPORTED", unfit: "INVALID-ARGUMENT" };
export const ofValue: Wording = { failed: "SET-FAILED", unknown: "READONLY", unfit: "INVALID-VALUE" };

type Word = keyof Wording | ErrorWord;

const refused: Readonly<Record<Refusal, Word>> = {
  "not-known": "unknown",
  "not-capable": "unknown",
  "wrong-value": "unfit",
  quarantined: "DRIVER-NOT-CONNECTED",
  locked: "ACCESS-DENIED",
  "feeds-this-host": "ACCESS-DENIED",
  "confirmation-needed": "ACCESS-DENIED",
  "label-changed": "ACCESS-DENIED",
  pending: "failed",
  retained: "failed",
  duplicate: "failed",
  late: "failed",
  stopping: "failed",
};
const faulty: Readonly<Record<FaultKind, Word>> = {
  unreachable: "DRIVER-NOT-CONNECTED",
  timeout: "DRIVER-NOT-CONNECTED",
  denied: "ACCESS-DENIED",
  rejected: "failed",
  unsupported: "unknown",
  malformed: "failed",
  busy: "failed",
};

const wordOf = (word: Word, wording: Wording): ErrorWord => (word === "failed" || word === "unknown" || word === "unfit" ? wording[word] : word);

/** An outcome in the protocol's words. What leaves nothing to read counts as done when the device took it; what should have been seen and was not has failed. */
export const resultOf = (outcome: Outcome, wording: Wording): Result => {
  switch (outcome.state) {
    case "confirmed":
      return "done";
    case "unconfirmed":
      return outcome.traceless && outcome.fault === undefined ? "done" : wording.failed;
    case "refused":
      return wordOf(refused[outcome.refusal], wording);
    case "failed":
      return wordOf(faulty[outcome.fault], wording);
  }
};
