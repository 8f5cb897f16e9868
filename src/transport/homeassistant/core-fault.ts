import { ERR_CONNECTION_LOST } from "home-assistant-js-websocket";
import { Fault, isFault, type FaultKind } from "#domain/fault.ts";

/** Codes of Core (websocket_api/const.py) that say more than that it refused. */
const kinds: Readonly<Record<string, FaultKind>> = { unauthorized: "denied", timeout: "timeout", unknown_command: "unsupported" };

interface Said {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly error?: Said;
}
const said = (error: unknown): Said => (typeof error === "object" && error !== null ? error : { code: error });

/** What Core, or the library in its place, answered to a command, as a fault. `what`: the command, for the sentence. */
export const coreFault = (error: unknown, what: string): Fault => {
  if (isFault(error)) return error;
  const { code, message } = said(error).error ?? said(error);
  if (code === ERR_CONNECTION_LOST) return new Fault("unreachable", "The connection to Home Assistant was lost", { cause: error });
  const why = typeof message === "string" && message !== "" ? message.replace(/[.\s]+$/, "") : String(code);
  return new Fault(kinds[String(code)] ?? "rejected", `Home Assistant refused ${what}: ${why}`, { cause: error });
};
