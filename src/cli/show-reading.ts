import { isPointName, pointSpec, shortName, type PointName, type Value } from "#domain/capability.ts";
import { quantities } from "#domain/quantity.ts";

const showValue = (name: PointName, value: Value): string => {
  const spec = pointSpec(name);
  if (spec.type === "number" && typeof value === "number")
    return `${Number(value.toFixed(quantities[spec.quantity].digits))} ${quantities[spec.quantity].unit}`.trimEnd();
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(" ") : String(value);
};

/** `on yes`, `power 41 W`; undefined for a point this program does not know. */
export const showReading = (name: string, value: Value): string | undefined => (isPointName(name) ? `${shortName(name)} ${showValue(name, value)}` : undefined);
