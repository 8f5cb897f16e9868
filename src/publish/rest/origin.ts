import type { Origin } from "#domain/command.ts";
import type { Caller } from "./key-ring.ts";

/** Who asks, for the audit log: a person at the page, or a key and for whom it says it acts. */
export const originOf = (caller: Caller | undefined, person?: string): Origin => {
  if (caller?.user !== undefined) return { via: "page", person: caller.name };
  return { via: "rest", key: caller?.name ?? "", ...(person !== undefined && person !== "" && { person }) };
};

/** True when the command came from this very caller. */
export const isOwn = (by: Origin, caller: Caller | undefined): boolean => {
  if (caller === undefined) return false;
  return caller.user === undefined ? by.via === "rest" && by.key === caller.name : by.via === "page" && by.person === caller.name;
};
