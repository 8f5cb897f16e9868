import { quoted } from "#domain/nut-line.ts";
import { invalid, own, withUps, type Desk, type Reply } from "./desk.ts";
import type { ServedUps } from "./rack.ts";
import { refusal } from "./word.ts";

const framed = (subject: string, items: readonly string[]): string => [`BEGIN LIST ${subject}`, ...items, `END LIST ${subject}`].join("\n");

/** What most clients ask again and again, written once for each state of the UPS. */
const written = new WeakMap<ServedUps, string>();

const variables = (ups: ServedUps, asked: string): string => {
  const known = asked === ups.id ? written.get(ups) : undefined;
  if (known !== undefined) return known;
  const text = framed(
    `VAR ${asked}`,
    [...ups.variables].map(([name, value]) => `VAR ${asked} ${name} ${quoted(value)}`),
  );
  if (asked === ups.id) written.set(ups, text);
  return text;
};

const ofUps: Readonly<Record<string, (ups: ServedUps, asked: string) => string>> = {
  VAR: variables,
  RW: (ups, asked) =>
    framed(
      `RW ${asked}`,
      [...ups.writable.keys()].map((name) => `RW ${asked} ${name} ${quoted(ups.variables.get(name) ?? "")}`),
    ),
  CMD: (ups, asked) =>
    framed(
      `CMD ${asked}`,
      ups.commands.map((name) => `CMD ${asked} ${name}`),
    ),
};

/** What a variable may be set to; empty for one that cannot be, or not by a list or a range. */
const ofVariable: Readonly<Record<string, (ups: ServedUps, name: string) => readonly string[]>> = {
  ENUM: (ups, name) => (ups.writable.get(name)?.options ?? []).map(quoted),
  RANGE: (ups, name) => {
    const { least, most, options } = ups.writable.get(name) ?? {};
    return least === undefined || most === undefined || options ? [] : [`"${least}" "${most}"`];
  },
};

const upses = ({ rack }: Desk): string =>
  framed(
    "UPS",
    [...rack.upses()].map(([name, { description }]) => `UPS ${name} ${quoted(description)}`),
  );

const clients = (desk: Desk, asked: string): string => {
  const ups = desk.rack.find(asked);
  if (!ups) return refusal("UNKNOWN-UPS");
  const name = asked.toLowerCase() === ups.id ? ups.id : asked;
  return framed(
    `CLIENT ${asked}`,
    [...desk.clients()].flatMap(({ login, address }) => (login === ups.id ? [`CLIENT ${name} ${address}`] : [])),
  );
};

/** Answers `LIST …`. */
export const answerList = ([what = "", asked, variable]: readonly string[], desk: Desk): Reply => {
  const kind = what.toUpperCase();
  if (kind === "UPS") return upses(desk);
  if (asked === undefined) return refusal(invalid);
  if (kind === "CLIENT") return clients(desk, asked);
  const whole = own(ofUps, kind);
  if (whole) return withUps(desk, asked, (ups) => whole(ups, asked));
  const values = own(ofVariable, kind);
  if (!values || variable === undefined) return refusal(invalid);
  return withUps(desk, asked, (ups) => {
    const name = variable.toLowerCase();
    if (!ups.variables.has(name)) return refusal("VAR-NOT-SUPPORTED");
    return framed(
      `${kind} ${asked} ${variable}`,
      values(ups, name).map((value) => `${kind} ${asked} ${variable} ${value}`),
    );
  });
};
