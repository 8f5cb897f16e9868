import type { PointName } from "#domain/capability.ts";
import type { Description, PartDescription, PartId } from "#domain/device.ts";

/** One UPS of a device, and what can be worked out for it. */
export interface UpsPlan {
  readonly part: PartId;
  /** Where the watts go that are worked out from load and nominal power. */
  readonly power?: PartId;
  /** Whose voltage tells why the UPS went to its battery. */
  readonly input?: PartId;
  /** Points of the UPS itself. */
  readonly points: readonly PointName[];
}

export interface DerivationPlan {
  readonly upses: readonly UpsPlan[];
  /** Parts whose energy is worked out from their power. */
  readonly energy: readonly PartId[];
}

/** `ups` → `output`; of several UPSs in one device, `ups/rack` → `output/rack`. */
const sibling = (ups: PartId, kind: string): PartId => ups.replace(/^ups(?=\/|$)/, kind);
const kindOf = (part: PartId): string => part.split("/")[0] ?? part;

const planUps = (ups: PartDescription, parts: readonly PartDescription[]): UpsPlan => {
  const gives = (part: PartId, point: PointName): boolean => parts.some(({ id, points }) => id === part && points.includes(point));
  const output = sibling(ups.id, "output");
  const input = sibling(ups.id, "input");
  // Watts of each phase are watts as well: the sum of them would be a second truth.
  const measured = parts.some(({ id, points }) => (id === ups.id || id === output || id.startsWith(`${output}/`)) && points.includes("meter.power"));
  const computable = gives(ups.id, "ups.load") && gives(ups.id, "ups.nominalPower");
  const explains = gives(input, "meter.voltage");
  const wanted: readonly (readonly [PointName, boolean])[] = [
    ["ups.onBatteryHeld", true],
    ["ups.timeOnBattery", true],
    ["ups.lastTransfer", true],
    ["ups.lastTransferReason", explains],
  ];
  const points = gives(ups.id, "ups.onBattery") ? wanted.flatMap(([point, possible]) => (possible && !ups.points.includes(point) ? [point] : [])) : [];
  return { part: ups.id, points, ...(!measured && computable && { power: output }), ...(explains && { input }) };
};

/** What can be worked out for a device: nothing, unless it has a UPS. Only points that the device itself does not give. */
export const planDerivations = ({ parts }: Description): DerivationPlan => {
  const upses = parts.filter(({ points }) => points.includes("ups.status") || points.includes("ups.onBattery")).map((ups) => planUps(ups, parts));
  if (upses.length === 0) return { upses, energy: [] };
  const powers = upses.flatMap(({ power }) => power ?? []);
  const metered = parts.filter(({ id, points }) => ["ups", "input", "output"].includes(kindOf(id)) && points.includes("meter.power"));
  const counted = new Set(parts.flatMap(({ id, points }) => (points.includes("meter.energy") ? [id] : [])));
  return { upses, energy: [...metered.map(({ id }) => id), ...powers].filter((part) => !counted.has(part)) };
};

/** Adds what is worked out, marked as such. A part that the device does not have comes at the end. */
export const addDerived = (description: Description, { upses, energy }: DerivationPlan): Description => {
  const added = new Map<PartId, PointName[]>();
  const add = (part: PartId, ...points: readonly PointName[]): void => void added.set(part, [...(added.get(part) ?? []), ...points]);
  for (const { part, points, power } of upses) {
    if (points.length > 0) add(part, ...points);
    if (power !== undefined) add(power, "meter.power");
  }
  for (const part of energy) add(part, "meter.energy");
  if (added.size === 0) return description;
  const known = new Set(description.parts.map(({ id }) => id));
  const fresh = [...added.keys()].filter((id) => !known.has(id)).map((id): PartDescription => ({ id, points: [], commands: [] }));
  return {
    ...description,
    parts: [...description.parts, ...fresh].map((part) => {
      const derived = added.get(part.id);
      return derived ? { ...part, points: [...part.points, ...derived], derived } : part;
    }),
  };
};
