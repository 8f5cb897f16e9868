import type { Limits } from "#domain/device.ts";
import { quoted } from "#domain/nut-line.ts";
import { describeVariable } from "#domain/nut-variable.ts";
import { invalid, own, withUps, type Client, type Desk, type Reply } from "./desk.ts";
import type { ServedUps } from "./rack.ts";
import { isDecimal } from "./value-text.ts";
import { refusal } from "./word.ts";

const unavailable = "Description unavailable";

/** RFC 9271, 4.2.6 (TYPE): what may be written to a variable, or for one that is only read whether it is a number. */
const typeOf = (text: string, limits: Limits | undefined): string => {
  const { options, least, most, longest } = limits ?? {};
  const numeric = isDecimal(text);
  const length = longest ?? Math.max(text.length, ...(options ?? []).map((option) => option.length));
  const kinds = [
    ...(limits ? ["RW"] : []),
    ...(options ? ["ENUM"] : []),
    ...(least !== undefined && most !== undefined ? ["RANGE"] : []),
    numeric && longest === undefined && !options ? "NUMBER" : `STRING:${length}`,
  ];
  return kinds.join(" ");
};

/** Small letters, as all names of variables are. */
const variableIn = (ups: ServedUps, name: string): string | undefined => ups.variables.get(name) ?? ups.variables.get(name.toLowerCase());

const ofName: Readonly<Record<string, (ups: ServedUps, asked: string, name: string) => string>> = {
  VAR: (ups, asked, name) => {
    const text = variableIn(ups, name);
    return text === undefined ? refusal("VAR-NOT-SUPPORTED") : `VAR ${asked} ${name} ${quoted(text)}`;
  },
  TYPE: (ups, asked, name) => {
    const text = variableIn(ups, name);
    return text === undefined ? refusal("VAR-NOT-SUPPORTED") : `TYPE ${asked} ${name} ${typeOf(text, ups.writable.get(name.toLowerCase()))}`;
  },
  DESC: (_, asked, name) => `DESC ${asked} ${name} ${quoted(describeVariable(name) ?? unavailable)}`,
  CMDDESC: (_, asked, name) => `CMDDESC ${asked} ${name} ${quoted(unavailable)}`,
};

const tracking = (id: string | undefined, { tracking: tracked }: Client, { tracker }: Desk): string => {
  if (id === undefined) return tracked ? "ON" : "OFF";
  return tracked ? (tracker.state(id) ?? refusal("UNKNOWN")) : refusal("FEATURE-NOT-CONFIGURED");
};

/** So many clients have said LOGIN for the UPS. */
const logins = (desk: Desk, { id }: ServedUps): number => [...desk.clients()].filter(({ login }) => login === id).length;

/** Answers `GET …`. */
export const answerGet = ([what = "", asked, name]: readonly string[], client: Client, desk: Desk): Reply => {
  const kind = what.toUpperCase();
  if (kind === "TRACKING") return tracking(asked, client, desk);
  if (asked === undefined) return refusal(invalid);
  if (kind === "UPSDESC") {
    const ups = desk.rack.find(asked);
    return ups ? `UPSDESC ${asked} ${quoted(ups.description)}` : refusal("UNKNOWN-UPS");
  }
  if (kind === "NUMLOGINS") return withUps(desk, asked, (ups) => `NUMLOGINS ${asked} ${logins(desk, ups)}`);
  const about = own(ofName, kind);
  return about && name !== undefined ? withUps(desk, asked, (ups) => about(ups, asked, name)) : refusal(invalid);
};
