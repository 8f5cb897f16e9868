import { said } from "./said.ts";

/** The bits of STATFLAG (apcupsd's include/defines.h) that say something of the UPS, and the word of NUT's grammar for each. */
const bits: readonly (readonly [mask: number, word: string])[] = [
  [0x0000_0008, "OL"],
  [0x0000_0010, "OB"],
  [0x0000_0040, "LB"],
  [0x0000_0080, "RB"],
  [0x0000_0020, "OVER"],
  [0x0000_0002, "TRIM"],
  [0x0000_0004, "BOOST"],
  [0x0000_0001, "CAL"],
  [0x0000_0200, "FSD"],
];
const commLost = 0x100;
/** The UPS itself says that it will soon cut off its load. */
const shutdownImminent = 0x1000;

/** The words of STATUS. A UPS without a battery is an alarm of its own; the word stays beside it, and so do SLAVE and SLAVEDOWN, which are of apcupsd. */
const spoken: ReadonlyMap<string, readonly string[]> = new Map([
  ["ONLINE", ["OL"]],
  ["ONBATT", ["OB"]],
  ["LOWBATT", ["LB"]],
  ["REPLACEBATT", ["RB"]],
  ["OVERLOAD", ["OVER"]],
  ["TRIM", ["TRIM"]],
  ["BOOST", ["BOOST"]],
  ["CAL", ["CAL"]],
  ["NOBATT", ["ALARM", "NOBATT"]],
  ["COMMLOST", ["NOCOMM"]],
  ["SHUTTING-DOWN", ["FSD"]],
]);

/** STATFLAG as a number: `0x05000008`, and before 3.14 `0x08 Status Flag`. */
const flagsOf = (text: string | undefined): number | undefined => {
  const digits = /^0x([0-9a-f]{1,8})(?:\s|$)/i.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
};

export interface Status {
  /** In NUT's grammar; empty when apcupsd says nothing that is known. */
  readonly words: readonly string[];
  /** apcupsd has lost the UPS: what else it goes on telling is old. */
  readonly lost: boolean;
  /** apcupsd has decided to shut down: its own doing, and true whatever became of the UPS. */
  readonly shuttingDown: boolean;
  /** Undefined when it does not say. */
  readonly shutdownImminent: boolean | undefined;
}

/**
 * The status out of STATUS, STATFLAG and SELFTEST. In STATUS, COMMLOST and SHUTTING DOWN stand for all other words; the bits say what else
 * is true. So a word counts when either says it.
 */
export const statusOf = (report: ReadonlyMap<string, string>): Status => {
  const flags = flagsOf(report.get("STATFLAG"));
  const text = said(report.get("STATUS") ?? "") ?? "";
  const spokenWords = text.replace("SHUTTING DOWN", "SHUTTING-DOWN").split(/\s+/);
  const heard = spokenWords.flatMap((word) => (word === "" ? [] : (spoken.get(word) ?? [word])));
  const shown = flags === undefined ? [] : bits.flatMap(([mask, word]) => ((flags & mask) === 0 ? [] : [word]));
  const tested = report.get("SELFTEST") === "IP" ? ["TEST"] : [];
  const all = [...new Set([...shown, ...heard, ...tested])];
  const shuttingDown = all.includes("FSD");
  if (heard.includes("NOCOMM") || ((flags ?? 0) & commLost) !== 0) return { words: ["NOCOMM"], lost: true, shuttingDown, shutdownImminent: undefined };
  return { words: all, lost: false, shuttingDown, shutdownImminent: flags === undefined ? undefined : (flags & shutdownImminent) !== 0 };
};

/** The words of the grammar that apcupsd can say. Of charging, bypass and a UPS that is off it tells nothing. */
export const vocabulary: readonly string[] = [...bits.map(([, word]) => word), "ALARM", "TEST", "NOCOMM"];
