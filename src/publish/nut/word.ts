/** The words of refusals (RFC 9271, 4.3; NUT's docs/net-protocol.txt, "Error responses"), as far as this server has a use for them. */
export type ErrorWord =
  | "ACCESS-DENIED"
  | "ALREADY-LOGGED-IN"
  | "ALREADY-SET-PASSWORD"
  | "ALREADY-SET-USERNAME"
  | "ALREADY-SSL-MODE"
  | "CMD-NOT-SUPPORTED"
  | "DATA-STALE"
  | "DRIVER-NOT-CONNECTED"
  | "FEATURE-NOT-CONFIGURED"
  | "INSTCMD-FAILED"
  | "INVALID-ARGUMENT"
  | "INVALID-VALUE"
  | "PASSWORD-REQUIRED"
  | "READONLY"
  | "SET-FAILED"
  | "TOO-LONG"
  | "UNKNOWN"
  | "UNKNOWN-COMMAND"
  | "UNKNOWN-UPS"
  | "USERNAME-REQUIRED"
  | "VAR-NOT-SUPPORTED";

export const refusal = (word: ErrorWord): string => `ERR ${word}`;

/** What became of a command or a new value: done, or the word that says why not. */
export type Result = "done" | ErrorWord;
