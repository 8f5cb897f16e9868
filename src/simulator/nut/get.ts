import type { NutClient, NutRack, SimulatedUps } from "./nut-rack.ts";

/** Text in quotes, as NUT escapes it. */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

type Find = (name: string | undefined) => SimulatedUps | undefined;

const ofUps: Readonly<Record<string, (ups: SimulatedUps, asked: string, rack: NutRack) => string>> = {
  UPSDESC: (ups, asked) => `UPSDESC ${asked} ${quoted(ups.description)}`,
  NUMLOGINS: (ups, asked, rack) => `NUMLOGINS ${asked} ${rack.clients().filter(({ login }) => login === ups.name).length}`,
};

const typeOf = (value: string): string => (/^-?\d+(\.\d+)?$/.test(value) ? "NUMBER" : `STRING:${value.length}`);
const withValue = (ups: SimulatedUps, name: string, say: (value: string) => string): string => {
  const value = ups.variables().get(name);
  return value === undefined ? "ERR VAR-NOT-SUPPORTED" : say(value);
};
const ofName: Readonly<Record<string, (ups: SimulatedUps, asked: string, name: string) => string>> = {
  VAR: (ups, asked, name) => withValue(ups, name, (value) => `VAR ${asked} ${name} ${quoted(value)}`),
  TYPE: (ups, asked, name) => withValue(ups, name, (value) => `TYPE ${asked} ${name} ${typeOf(value)}`),
  DESC: (_, asked, name) => `DESC ${asked} ${name} "Description unavailable"`,
  CMDDESC: (_, asked, name) => `CMDDESC ${asked} ${name} "Description unavailable"`,
};

const tracking = (id: string | undefined, client: NutClient): string => {
  if (id === undefined) return client.tracking ? "ON" : "OFF";
  return client.tracking ? (client.outcomes.get(id) ?? "ERR UNKNOWN") : "ERR FEATURE-NOT-CONFIGURED";
};

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);

/** Answers `GET …`. */
export const answerGet = ([what = "", asked, name]: readonly string[], client: NutClient, rack: NutRack, find: Find): string => {
  const kind = what.toUpperCase();
  if (kind === "TRACKING") return tracking(asked, client);
  const aboutUps = own(ofUps, kind);
  const aboutName = own(ofName, kind);
  if (asked === undefined || (!aboutUps && (!aboutName || name === undefined))) return "ERR INVALID-ARGUMENT";
  const ups = find(asked);
  if (!ups) return "ERR UNKNOWN-UPS";
  return aboutUps?.(ups, asked, rack) ?? aboutName?.(ups, asked, name ?? "") ?? "";
};
