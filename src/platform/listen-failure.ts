import { withPort } from "./host.ts";

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has it",
  EACCES: "this program may not take it",
  EADDRNOTAVAIL: "this machine has no such address",
};

/** Why a server could not be had at an address, as the end of a sentence for a person. */
export const listenFailure = (host: string, port: number, error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return `cannot listen at ${withPort(host, port)}: ${reasons[code] ?? (error instanceof Error ? error.message : String(error))}`;
};
