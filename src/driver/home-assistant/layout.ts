import type { PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import type { EntityState } from "#transport/homeassistant/core-states.ts";

/** The entity behind each point of a part, by its present name; `switch` takes commands. */
export interface Part {
  readonly id: PartId;
  readonly label?: string;
  readonly sources: ReadonlyMap<PointName, string>;
  readonly switch?: string;
}
/** In the order in which they are shown. */
export type Layout = ReadonlyMap<PartId, Part>;

export type States = ReadonlyMap<string, EntityState>;

/** Puts sources of the same part together. The first source of a point stays. */
export const layoutOf = (parts: readonly Part[]): Layout => {
  const layout = new Map<PartId, Part>();
  for (const part of parts) {
    const before = layout.get(part.id);
    layout.set(part.id, before ? { ...part, ...before, sources: new Map([...part.sources, ...before.sources]) } : part);
  }
  return layout;
};

export const entitiesOf = (layout: Layout): ReadonlySet<string> => new Set([...layout.values()].flatMap(({ sources }) => [...sources.values()]));
