import { pointSpec, type PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { upsStatusPoints } from "#domain/ups-status.ts";
import type { UpsPlan } from "./derivation-plan.ts";
import type { Batch } from "./ups-derivation.ts";

const ofStatus: ReadonlySet<PointName> = new Set<PointName>(upsStatusPoints);

/** `ups/rack` and `output/rack` are of one UPS; a part that is of no other is of the only one. */
const isOf = (ups: PartId, part: PartId): boolean => part === ups || !ups.includes("/") || part.slice(part.indexOf("/")) === ups.slice(ups.indexOf("/"));

/**
 * Points that this poll leaves open although it tells the status: a flag that no word speaks of is not known any more, and of a UPS that is lost
 * nothing is that changes. Whatever else a device leaves out may come with the next poll, and is given the time for it.
 */
export const silentPoints = (upses: readonly UpsPlan[], batch: Batch): ((part: PartId, point: PointName) => boolean) | undefined => {
  const told = upses.filter(({ part }) => batch.get(part, "ups.status") !== undefined);
  if (told.length === 0) return undefined;
  const lost = told.filter(({ part }) => batch.get(part, "ups.communicationLost") === true);
  return (part, point) =>
    told.some((ups) => ups.part === part && (ofStatus.has(point) || ups.points.includes(point))) ||
    (pointSpec(point).pace !== "once" && lost.some((ups) => isOf(ups.part, part)));
};
