import { pointSpec, type PointName, type Value } from "#domain/capability.ts";
import type { Quantity } from "#domain/quantity.ts";

/** A number as NUT writes it (docs/nut-names.txt, "Numeric format"). */
export const isDecimal = (text: string): boolean => /^[+-]?\d+(\.\d+)?$/.test(text);

/** What NUT's drivers always write with a decimal (docs/nut-names.txt shows `input.voltage: 121.5`, `input.frequency: 60.0`). */
const withDecimal: ReadonlySet<Quantity> = new Set(["voltage", "frequency"]);

/** Digits and a dot, as docs/nut-names.txt wants numbers: no exponent, no unit, nothing that binary fractions add. */
const numberText = (value: number, quantity: Quantity): string => {
  const text = value.toFixed(6).replace(/\.?0+$/, "");
  return withDecimal.has(quantity) && !text.includes(".") ? `${text}.0` : text;
};

/** A value as upsd would send it; one line whatever a device calls itself. */
export const valueText = (point: PointName, value: Value): string => {
  const spec = pointSpec(point);
  if (typeof value === "number") return numberText(value, spec.type === "number" ? spec.quantity : "plain");
  if (typeof value === "boolean") return value ? "on" : "off";
  return plainText(typeof value === "string" ? value : value.join(" "));
};

/**
 * ASCII, in one line: the protocol knows nothing else (RFC 9271, 4.1), and the client of Home Assistant's integration fails at other bytes (aionut 4.3,
 * `response.decode("ascii")`).
 */
export const plainText = (text: string): string =>
  text
    .normalize("NFKD")
    .replaceAll(/\p{Mn}/gu, "")
    .replaceAll(/[\u0000-\u001f\u007f]+/g, " ")
    .replaceAll(/[^\u0020-\u007e]/gu, "?")
    .trim();
