import { isCommandName, type CommandName } from "#domain/capability.ts";

/** What a message on a command topic asks for. `name` is as it came, cut to what fits into a log line. */
export interface Asked {
  readonly name: string;
  /** Absent when the payload is no command; `fault` says why. */
  readonly command?: CommandName;
  readonly fault?: string;
  readonly value?: number | string;
  readonly reason?: string;
  readonly confirm?: string;
}

const largest = 4096;
const printable = (text: string): string =>
  text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, 64);

const named = (name: unknown, rest: Pick<Asked, "value" | "reason" | "confirm">): Asked => {
  if (typeof name !== "string" || name === "") return { name: "", fault: "the payload names no command" };
  if (!isCommandName(name)) return { name: printable(name), fault: `there is no command ${JSON.stringify(printable(name))}` };
  return { name, command: name, ...rest };
};

const fields = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** Reads `outlet.off`, or JSON with command, value, reason and confirm. Never throws. */
export const parseCommandPayload = (payload: Buffer): Asked => {
  if (payload.length > largest) return { name: "", fault: `the payload has ${payload.length} bytes, more than a command has` };
  const text = payload.toString("utf8").trim();
  if (!text.startsWith("{")) return named(text, {});
  const json = fields(text);
  if (!json) return { name: printable(text), fault: "the payload is neither a command's name nor valid JSON" };
  const { command, value, reason, confirm } = json;
  const name = typeof command === "string" ? printable(command) : "";
  const odd = Object.entries({ reason, confirm }).find(([, text]) => text !== undefined && text !== null && typeof text !== "string");
  if (odd) return { name, fault: `${odd[0]} is not a text` };
  // A null is said and means nothing that could be set: it must not pass for "no value".
  if (value !== undefined && typeof value !== "number" && typeof value !== "string") return { name, fault: "value is neither a number nor a text" };
  return named(command, {
    ...(value !== undefined && { value }),
    ...(typeof reason === "string" && { reason: reason.slice(0, 500) }),
    ...(typeof confirm === "string" && { confirm }),
  });
};
