import { ErrorStatus, ResponseInvalidCode } from "net-snmp";
import { Fault, type FaultKind } from "#domain/fault.ts";

/** The device answered with an error status (RFC 3416, section 3). `oid`: the object it names, when it names one. */
export interface Refused {
  readonly status: number;
  readonly oid: string | undefined;
}

const network = new Set(["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL", "EPERM", "EACCES", "ENOTFOUND", "EAI_AGAIN"]);

interface LibraryError extends Error {
  readonly status?: number;
  readonly code?: number | string;
  readonly info?: unknown;
}

/** The error status, when the error is one. The library puts the object's name behind a colon. */
export const refusedOf = (error: Error): Refused | undefined => {
  const { name, status, message } = error as LibraryError;
  if (name !== "RequestFailedError" || status === undefined) return undefined;
  return { status, oid: /: ([\d.]+)$/.exec(message)?.[1] };
};

/** Nothing came in all the time. */
export const silent = (who: string, cause?: Error): Fault => new Fault("timeout", `${who} does not answer SNMP; a wrong community looks the same`, { cause });
export const misfit = (who: string, cause?: Error): Fault => new Fault("malformed", `${who} sent an answer that does not fit the question`, { cause });

const invalid = (error: LibraryError, who: string): Fault => {
  const say = (kind: FaultKind, text: string): Fault => new Fault(kind, `${who} ${text}`, { cause: error });
  switch (error.code) {
    case ResponseInvalidCode.EAuthFailure:
      // With `info` it is our own check of the answer's digest; without, the agent's Report on our request.
      if (error.info !== undefined) return say("malformed", "sent an answer whose digest is wrong");
      if (error.message.startsWith("Not In Time")) return say("unreachable", "has started anew, its clock must be learnt again");
      return say("denied", `refuses this user, key or protocol (${error.message.replace(/ \(.*/, "").toLowerCase()})`);
    case ResponseInvalidCode.ECouldNotDecrypt:
      return say("denied", "sent an answer that this privacy key does not open");
    case ResponseInvalidCode.EUnexpectedReport:
      return say("denied", "refuses this user");
    case 14: // ENotInTimeWindow: the boot counter went back, so it is another engine, or one without memory.
      return say("unreachable", "has started anew, its clock must be learnt again");
    default:
      return misfit(who, error);
  }
};

/** Anything that the library or the socket reports, but an error status. */
export const faultOf = (error: Error, who: string): Fault => {
  if (error instanceof Fault) return error;
  const { name, code } = error as LibraryError;
  if (name === "RequestTimedOutError") return silent(who, error);
  if (name === "ResponseInvalidError") return invalid(error, who);
  if (typeof code === "string" && network.has(code)) return new Fault("unreachable", `${who} cannot be reached (${code})`, { cause: error });
  return new Fault("malformed", `${who} sent an answer that cannot be read`, { cause: error });
};

const accessStatuses: ReadonlySet<number> = new Set([ErrorStatus.ReadOnly, ErrorStatus.NoAccess, ErrorStatus.AuthorizationError, ErrorStatus.NotWritable]);

/** What an error status means when nothing else can be tried. */
export const refusalFault = ({ status, oid }: Refused, who: string): Fault => {
  const word = ErrorStatus[status] ?? `error ${status}`;
  const where = oid === undefined ? "" : ` for ${oid}`;
  if (accessStatuses.has(status)) return new Fault("denied", `${who} does not let this login do that (${word}${where})`);
  return new Fault("rejected", `${who} refused (${word}${where})`);
};
