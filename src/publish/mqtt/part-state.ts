import { capabilityOf, pointSpec, shortName, type PointName } from "#domain/capability.ts";
import { quantities } from "#domain/quantity.ts";
import type { Entry, PartState } from "#store/read.ts";

/** Home Assistant takes no longer text as a state. */
const longest = 255;

const published = (point: PointName, entry: Entry | undefined): Entry["value"] | null => {
  if (entry?.quality !== "good") return null;
  const { value } = entry;
  if (typeof value === "string") return value.slice(0, longest);
  if (typeof value !== "number") return value;
  if (!Number.isFinite(value)) return null;
  const spec = pointSpec(point);
  // `+ 0` makes a rounded -0.04 a plain 0.
  return spec.type === "number" ? Number(value.toFixed(quantities[spec.quantity].digits)) + 0 : value;
};

/**
 * All that a part shows at this moment, nested by capability: `{"outlet":{"on":true},"meter":{"power":41.2}}`. Every point of the
 * part is there, null when nothing good is known, so that no template ever meets a missing key.
 */
export const partState = ({ description, entries }: PartState): string => {
  const state: Record<string, Record<string, Entry["value"] | null>> = {};
  for (const point of description.points) (state[capabilityOf(point)] ??= {})[shortName(point)] = published(point, entries.get(point));
  return JSON.stringify(state);
};
