import { commandSpec, type CommandSpec } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { Limits, PartDescription } from "#domain/device.ts";

/** What the device is to be told, or what is wrong with it, in words that say what was expected. */
export type Fitted = { readonly ok: true; readonly value?: number | string } | { readonly ok: false; readonly detail: string };

const plainNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
/** Forms and templates give numbers as text; nothing but plain digits is taken for one: no `1e3`, no `0x10`, no blank. */
const numberIn = (value: number | string): number => (typeof value === "number" ? value : plainNumber.test(value) ? Number(value) : Number.NaN);

/** Whether `value` is so many steps from where they begin; binary fractions make 0.3 no whole number of 0.1. */
const onStep = (value: number, { least = 0, step = 0 }: Limits): boolean => {
  if (step <= 0) return true;
  const steps = (value - least) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-6;
};

const shownOptions = 20;
const list = (options: readonly string[]): string =>
  options
    .slice(0, shownOptions)
    .map((option) => `"${option}"`)
    .join(", ") + (options.length > shownOptions ? ` and ${options.length - shownOptions} more` : "");

const range = ({ least, most, step, unit = "" }: Limits): string => {
  const bounds = [...(least === undefined ? [] : [`from ${least}`]), ...(most === undefined ? [] : [`to ${most}`])];
  const text = ["a number", ...bounds, ...(unit === "" ? [] : bounds.length > 0 ? [unit] : [`of ${unit}`])].join(" ");
  return step === undefined || step <= 0 ? text : `${text} in steps of ${step}`;
};

/** A spinner that adds 0.1 to 0.2 sends 0.30000000000000004; no device wants to hear that. */
const digits = 12;

const fitNumber = (value: number | string | undefined, limits: Limits): number | undefined => {
  const number = value === undefined ? Number.NaN : numberIn(value);
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = limits;
  return Number.isFinite(number) && number >= least && number <= most && onStep(number, limits) ? Number(number.toPrecision(digits)) : undefined;
};

/** An option as the device spells it; `2` is the option "2" as well as "2.0". */
const fitOption = (value: number | string | undefined, options: readonly string[]): string | undefined => {
  const same = options.find((option) => option === String(value));
  return same ?? (typeof value === "number" ? options.find((option) => numberIn(option) === value) : undefined);
};

/** One line: what breaks it would be a second command in most protocols. */
const fitText = (value: number | string | undefined, longest = Number.POSITIVE_INFINITY): string | undefined => {
  const text = value === undefined ? "\n" : String(value);
  return /\p{Cc}|\p{Zl}|\p{Zp}/u.test(text) || Array.from(text).length > longest ? undefined : text;
};

type Taker = { readonly expected: string; fit(value: number | string | undefined): number | string | undefined };

const takerOf = ({ points, limits = {} }: PartDescription, type: NonNullable<CommandSpec["value"]>["type"]): Taker => {
  const { options, longest } = limits;
  // What a command takes besides a variable's value is a span of time.
  const bounds = type === "number" ? { least: 0, unit: "s", ...limits } : limits;
  if (options && type !== "number") return { expected: `one of ${list(options)}`, fit: (value) => fitOption(value, options) };
  if (type === "number" || (type === "any" && points.includes("variable.number"))) return { expected: range(bounds), fit: (value) => fitNumber(value, bounds) };
  return {
    expected: `a text of one line${longest === undefined ? "" : `, of at most ${longest} characters`}`,
    fit: (value) => fitText(value, longest),
  };
};

const quoted = (value: number | string): string => (typeof value === "number" ? String(value) : JSON.stringify(value.slice(0, 64)));

/** Brings the value of a command into the type of what takes it, before anything is sent: a number for numbers, text for all else. */
export const fitValue = ({ device, part: id, name, value }: Command, part: PartDescription): Fitted => {
  const { value: wanted } = commandSpec(name);
  if (!wanted) return value === undefined ? { ok: true } : { ok: false, detail: `${name} takes no value` };
  if (value === undefined && !wanted.needed) return { ok: true };
  const { expected, fit } = takerOf(part, wanted.type);
  const fitted = fit(value);
  if (fitted !== undefined) return { ok: true, value: fitted };
  return {
    ok: false,
    detail: `${device} ${id} ${name} ${value === undefined ? "needs a value" : `does not take ${quoted(value)}`}: expected is ${expected}`,
  };
};
