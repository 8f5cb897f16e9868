import type { Limits } from "#domain/device.ts";
import { isFault } from "#domain/fault.ts";
import type { NutConnection } from "#transport/nut/connection.ts";
import { refusalCode } from "#transport/nut/error.ts";
import { getType, listRanges, listValues, listWritable, setVariable } from "#transport/nut/question.ts";
import type { Ask } from "./ask.ts";

/** A variable that can be set, and to what. */
export interface Writable {
  readonly kind: "number" | "choice" | "text";
  readonly limits: Limits;
}

/** Set by us, these would switch outlets and loads, or lead past the inverter, around every lock: for that there are commands. */
const switching = /^(outlet(\.group)?(\.\d+)?\.switch|input\.bypass\.switch\.(on|off)|(ups|outlet(\.group)?(\.\d+)?)\.timer\.\w+)$/;
/** The driver's own, such as its debug level. */
const ofDriver = /^(driver|server)\./;

const decimal = /^-?\d+(\.\d+)?$/;

type Range = readonly [least: number, most: number];

const writable = (type: readonly string[], values: readonly string[], ranges: readonly Range[], now: string): Writable => {
  if (values.length > 0) return { kind: "choice", limits: { options: values } };
  if (ranges.length > 0) {
    // Between two ranges there may be a gap: what falls into it the server refuses.
    return { kind: "number", limits: { least: Math.min(...ranges.map(([least]) => least)), most: Math.max(...ranges.map(([, most]) => most)) } };
  }
  const longest = Number(type.find((word) => word.startsWith("STRING:"))?.slice("STRING:".length));
  if (longest > 0) return { kind: "text", limits: { longest } };
  // upsd calls a number whatever its driver gives no type (get_type in NUT's server/netget.c).
  return { kind: decimal.test(now) ? "number" : "text", limits: {} };
};

/** Servers that do not know the question, and drivers that take a variable back while we ask, have none of it. */
const orNone = async <T>(answer: Promise<readonly T[]>): Promise<readonly T[]> => {
  try {
    return await answer;
  } catch (error) {
    if (refusalCode(error) === undefined || !isFault(error, "unsupported", "rejected")) throw error;
    return [];
  }
};

/** Which variables there are to set, and how; in three writes, however many. */
export const askWritables = async (
  ask: Ask,
  ups: string,
  variables: Promise<ReadonlyMap<string, string>>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Writable>> => {
  const names = (await orNone(ask(listWritable(ups), signal))).filter((name) => !switching.test(name) && !ofDriver.test(name));
  const types = await Promise.all(names.map((name) => orNone(ask(getType(ups, name), signal))));
  const details = await Promise.all(
    names.map((name, at) =>
      Promise.all([
        types[at]?.includes("ENUM") ? orNone(ask(listValues(ups, name), signal)) : [],
        types[at]?.includes("RANGE") ? orNone(ask(listRanges(ups, name), signal)) : [],
      ]),
    ),
  );
  const now = await variables;
  return new Map(
    names.map((name, at) => {
      const [values, ranges] = details[at] ?? [[], []];
      return [name, writable(types[at] ?? [], values, ranges, now.get(name) ?? "")];
    }),
  );
};

/**
 * Whether this login may set variables. upsd looks at the user before it looks whether there is such a variable (set_var in NUT's
 * server/netset.c), so one that nobody has tells, and nothing can come of asking.
 */
export const maySet = async (link: NutConnection, ups: string, signal: AbortSignal): Promise<boolean> => {
  try {
    await link.login();
    await link.ask(setVariable(ups, "rack-power.may.set", "0"), { signal });
    return true;
  } catch (error) {
    const code = refusalCode(error);
    if (code === undefined) throw error;
    return code === "VAR-NOT-SUPPORTED";
  }
};
