import { quoted } from "./get.ts";
import type { NutRack, SimulatedUps } from "./nut-rack.ts";

type Find = (name: string | undefined) => SimulatedUps | undefined;

const framed = (subject: string, items: readonly string[]): string => [`BEGIN LIST ${subject}`, ...items, `END LIST ${subject}`].join("\n");

/** Answers `LIST …`. The simulated UPSs have nothing to write, so the lists of writable variables, values and ranges are empty. */
export const answerList = ([what = "", asked, variable]: readonly string[], rack: NutRack, find: Find): string => {
  const kind = what.toUpperCase();
  if (kind === "UPS")
    return framed(
      "UPS",
      rack.upses().map(({ name, description }) => `UPS ${name} ${quoted(description)}`),
    );
  if (asked === undefined || !["VAR", "RW", "CMD", "CLIENT", "ENUM", "RANGE"].includes(kind)) return "ERR INVALID-ARGUMENT";
  const ups = find(asked);
  if (!ups) return "ERR UNKNOWN-UPS";
  if (kind === "ENUM" || kind === "RANGE") {
    if (variable === undefined) return "ERR INVALID-ARGUMENT";
    return ups.variables().has(variable) ? framed(`${kind} ${asked} ${variable}`, []) : "ERR VAR-NOT-SUPPORTED";
  }
  const items: Readonly<Record<string, () => readonly string[]>> = {
    VAR: () => [...ups.variables()].map(([name, value]) => `VAR ${asked} ${name} ${quoted(value)}`),
    RW: () => [],
    CMD: () => ups.commands.map((name) => `CMD ${asked} ${name}`),
    CLIENT: () => rack.clients().flatMap(({ login, address }) => (login === ups.name ? [`CLIENT ${login} ${address}`] : [])),
  };
  return framed(`${kind} ${asked}`, items[kind]?.() ?? []);
};
