import { Fault, type FaultKind } from "#domain/fault.ts";

/** What the server's refusals mean (RFC 9271, 4.3; NUT's server/neterr.h), in words for a person. */
const refusals: Readonly<Record<string, { readonly kind: FaultKind; readonly says: string }>> = {
  "ACCESS-DENIED": { kind: "denied", says: "The NUT server does not allow this: wrong user or password, or the user lacks the right" },
  "INVALID-PASSWORD": { kind: "denied", says: "The NUT server does not take the password" },
  "INVALID-USERNAME": { kind: "denied", says: "The NUT server does not take the user name" },
  "USERNAME-REQUIRED": { kind: "denied", says: "The NUT server wants a user name for this" },
  "PASSWORD-REQUIRED": { kind: "denied", says: "The NUT server wants a password for this" },
  "UNKNOWN-UPS": { kind: "unsupported", says: "The NUT server has no UPS of this name" },
  "VAR-NOT-SUPPORTED": { kind: "unsupported", says: "The UPS does not have this variable" },
  "CMD-NOT-SUPPORTED": { kind: "unsupported", says: "The UPS does not have this command" },
  "FEATURE-NOT-SUPPORTED": { kind: "unsupported", says: "The NUT server was built without this feature" },
  "FEATURE-NOT-CONFIGURED": { kind: "unsupported", says: "The NUT server is not set up for this feature" },
  "UNKNOWN-COMMAND": { kind: "unsupported", says: "The NUT server does not know this request" },
  "INVALID-ARGUMENT": { kind: "rejected", says: "The NUT server does not take this argument" },
  "INVALID-VALUE": { kind: "rejected", says: "The NUT server does not take this value" },
  READONLY: { kind: "rejected", says: "The variable cannot be written" },
  "TOO-LONG": { kind: "rejected", says: "The value is too long for the UPS" },
  "SET-FAILED": { kind: "rejected", says: "The NUT server could not pass the value to the driver of the UPS" },
  "INSTCMD-FAILED": { kind: "rejected", says: "The NUT server could not pass the command to the driver of the UPS" },
  FAILED: { kind: "rejected", says: "The UPS did not carry it out" },
  UNKNOWN: { kind: "rejected", says: "The driver of the UPS does not know what became of it" },
  "DATA-STALE": { kind: "unreachable", says: "The driver of the UPS gets no data from it" },
  "DRIVER-NOT-CONNECTED": { kind: "unreachable", says: "The driver of the UPS is not running on the NUT server" },
};

/** The fault of an `ERR` line; its cause is the code. A code that nobody here knows is a refusal. */
export const refusalOf = (line: string): Fault => {
  const code = line.split(" ", 2)[1] ?? "";
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  const shown = /^[A-Z-]{1,40}$/.test(code) ? code : "a code that is no NUT code";
  return new Fault(known?.kind ?? "rejected", `${known?.says ?? "The NUT server refused"} (${shown})`, { cause: code });
};

/** The code with which the server refused, when this is such a refusal. */
export const refusalCode = (error: unknown): string | undefined => (error instanceof Fault && typeof error.cause === "string" ? error.cause : undefined);

const networkCauses: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name could not be resolved now",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ETIMEDOUT: "it does not answer",
  ECONNRESET: "it closed the connection",
};

/** Nobody there: why the way to the server failed. */
export const unreachable = (where: string, error: unknown): Fault => {
  const code = String((error as NodeJS.ErrnoException).code);
  const why = Object.hasOwn(networkCauses, code) ? networkCauses[code] : "the connection was lost";
  return new Fault("unreachable", `The NUT server ${where} cannot be reached: ${why}`, { cause: error });
};
