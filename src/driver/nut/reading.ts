import type { PartId, Reading, Wanted } from "#domain/device.ts";
import { reading } from "#domain/device.ts";
import type { PointName } from "#domain/capability.ts";
import { upsStatus, upsStatusPoints } from "#domain/ups-status.ts";
import type { Shape, Variables } from "./shape.ts";
import { valueOf } from "./value.ts";

interface Step {
  readonly part: PartId;
  /** The points that this variable gives: one, or those that follow from the status words. */
  readonly points: ReadonlySet<PointName>;
  readonly variable: string;
}

/** Which variables a request for points needs. Made once for each list of points, used at every poll. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly variables: readonly string[];
}

const fromStatus: ReadonlySet<PointName> = new Set(upsStatusPoints);

export const planOf = (wanted: readonly Wanted[], shape: Shape): Plan => {
  const steps = new Map<string, { readonly part: PartId; readonly points: Set<PointName>; readonly variable: string }>();
  for (const { part, point } of wanted) {
    const variable = shape.get(part)?.sources.get(fromStatus.has(point) ? "ups.status" : point);
    if (variable === undefined) continue;
    // One variable may be a point of a part and, as it can be set, a part of its own.
    const key = `${part} ${variable}`;
    const step = steps.get(key) ?? { part, points: new Set(), variable };
    steps.set(key, step);
    step.points.add(point);
  }
  return { steps: [...steps.values()], variables: [...new Set([...steps.values()].map(({ variable }) => variable))] };
};

const readStep = ({ part, points, variable }: Step, variables: Variables): readonly Reading[] => {
  const text = variables.get(variable);
  if (text === undefined) return [];
  if (variable !== "ups.status") {
    return [...points].flatMap((point) => {
      const value = valueOf(point, text);
      return value === undefined ? [] : [reading(part, point, value)];
    });
  }
  const words = valueOf("ups.status", text);
  return Array.isArray(words) ? upsStatus(part, words as readonly string[]).filter(({ point }) => points.has(point)) : [];
};

export const readingsOf = ({ steps }: Plan, variables: Variables): readonly Reading[] => steps.flatMap((step) => readStep(step, variables));
