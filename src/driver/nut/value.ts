import { type PointName, pointSpec, type Value } from "#domain/capability.ts";
import type { Quantity } from "#domain/quantity.ts";

/** What drivers write where they know nothing. */
const nothing = /^(n\/?a|unknown|not available|not set)?$/i;
/** Digits with a dot; no exponent, comma or unit (docs/nut-names.txt, "Numeric format"). */
const decimal = /^[+-]?\d+(\.\d+)?$/;
export const isDecimal = (text: string): boolean => decimal.test(text);

const day = 86_400;
/**
 * What can be true of each quantity at a UPS. Outside are the sentinels of drivers and devices: -1, 255 %, 65535 minutes,
 * 4294967295 (networkupstools/nut#731, #764, #813). A current is negative while a battery gives it.
 */
const plausible: Readonly<Record<Quantity, readonly [least: number, most: number]>> = {
  power: [0, 10_000_000],
  apparentPower: [0, 10_000_000],
  energy: [0, 1e9],
  current: [-10_000, 10_000],
  voltage: [0, 100_000],
  frequency: [0, 1000],
  powerFactor: [0, 1],
  charge: [0, 100],
  load: [0, 999],
  duration: [0, 30 * day],
  temperature: [-90, 250],
  humidity: [0, 100],
  fanSpeed: [0, 65_534],
  count: [0, 4_294_967_294],
  plain: [-1e12, 4_294_967_294],
};
/** No driver means this many seconds: it is the largest 16-bit number, which APC and CyberPower show at a small load. */
const unknownRuntime = 65_535;

const numberOf = (text: string, quantity: Quantity): number | undefined => {
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  const [least, most] = plausible[quantity];
  if (value < least || value > most || (quantity === "duration" && value === unknownRuntime)) return undefined;
  return value;
};

const flagOf = (text: string): boolean | undefined => {
  const word = text.toLowerCase();
  return word === "on" ? true : word === "off" ? false : undefined;
};

/** Seconds left until the load goes; nothing counts at 0, below it (-1, -60) or at the largest 16-bit number: so idle UPSs show it in the dumps of nut-ddl. */
const counts = (text: string): boolean | undefined => (decimal.test(text) ? Number(text) > 0 && Number(text) < 65_535 : undefined);

/** A text that says something, or undefined. */
export const said = (text: string | undefined): string | undefined => {
  const trimmed = text?.trim();
  return trimmed === undefined || nothing.test(trimmed) ? undefined : trimmed;
};

/** The value of a point out of a variable's text, or undefined when the text gives none. */
export const valueOf = (point: PointName, text: string): Value | undefined => {
  const meant = said(text);
  if (meant === undefined) return undefined;
  const spec = pointSpec(point);
  switch (spec.type) {
    case "number":
      return numberOf(meant, spec.quantity);
    case "flag":
      return point === "ups.shutdownPending" ? counts(meant) : flagOf(meant);
    case "choice": {
      const word = meant.toLowerCase();
      return spec.options.includes(word) ? word : undefined;
    }
    case "words":
      return meant.split(/\s+/);
    case "time":
    case "text":
      return meant;
  }
};
