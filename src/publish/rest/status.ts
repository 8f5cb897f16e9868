import type { FaultKind } from "#domain/fault.ts";
import type { Outcome, Refusal } from "#domain/outcome.ts";

/** The error statuses this server gives, with the reason phrase of RFC 9110 (423: RFC 4918, 429 and 431: RFC 6585). */
export const errorTitles = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  423: "Locked",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;
export type ErrorStatus = keyof typeof errorTitles;
export const isErrorStatus = (status: number): status is ErrorStatus => status in errorTitles;

/**
 * To a caller this program is a gateway to devices. 502: the device answered, but not usefully; `denied` is among them, as it is our
 * login that is wrong and not the caller's key. 503: it is not there now. 504: it was asked and has not shown in time.
 * 409: it understood, and its own state or rules forbid it.
 */
export const faultStatus: Readonly<Record<FaultKind, ErrorStatus>> = {
  unreachable: 503,
  timeout: 504,
  denied: 502,
  rejected: 409,
  unsupported: 422,
  malformed: 502,
  busy: 503,
};

/**
 * `confirmation-needed` is 423 like a lock and not 428: in RFC 4918 (9.10, 11.3) 423 is what a request without the lock's token gets,
 * and with the token it passes; 428 (RFC 6585, 3) asks for a conditional request such as If-Match.
 */
export const refusalStatus: Readonly<Record<Refusal, ErrorStatus>> = {
  "not-known": 404,
  "not-capable": 422,
  "wrong-value": 422,
  quarantined: 503,
  locked: 423,
  "feeds-this-host": 423,
  "confirmation-needed": 423,
  "label-changed": 409,
  pending: 409,
  retained: 409,
  duplicate: 409,
  late: 503,
  stopping: 503,
};

/**
 * 200 only for what the device has shown. A command that leaves no trace to read (a reset) and met no fault is 202, "intentionally
 * noncommittal" (RFC 9110, 15.3.3); one whose effect should have shown and did not is 504, so that no script takes it for done.
 */
export const outcomeStatus = (outcome: Outcome): 200 | 202 | ErrorStatus => {
  switch (outcome.state) {
    case "confirmed":
      return 200;
    case "unconfirmed":
      return outcome.fault === undefined && outcome.traceless === true ? 202 : 504;
    case "refused":
      return refusalStatus[outcome.refusal];
    case "failed":
      return faultStatus[outcome.fault];
  }
};
