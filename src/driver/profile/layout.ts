import type { CommandName, PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { upsStatus } from "#domain/ups-status.ts";
import type { Slot } from "#transport/snmp/fetch.ts";
import type { PointProfile, WriteProfile } from "./schema.ts";
import type { Decode } from "./value.ts";

/** Raw value → status words. */
type Words = Readonly<Record<string, readonly string[]>>;

/** One number, flag, choice or text: which objects to fetch and what they mean. */
export interface ValuePlan {
  readonly slots: readonly Slot[];
  readonly digits?: Slot;
  readonly decode: Decode;
  readonly over?: PointProfile["over"];
}

/** A UPS's status words and all points that follow from them. */
export interface StatusPlan {
  readonly scalars: readonly { readonly slot: Slot; readonly map: Words }[];
  readonly lists: readonly { readonly root: string; readonly count: Slot; readonly map: Words }[];
  readonly points: readonly PointName[];
}

export interface WritePlan {
  readonly oid: string;
  readonly to: number | string;
  readonly type: WriteProfile["type"];
}

/** One part of one device. */
export interface PartLayout {
  readonly id: PartId;
  readonly label?: string;
  readonly values: ReadonlyMap<PointName, ValuePlan>;
  readonly status?: StatusPlan;
  readonly commands: ReadonlyMap<CommandName, readonly WritePlan[]>;
}

export interface Layout {
  readonly parts: ReadonlyMap<PartId, PartLayout>;
  /** All rows that the device has in the table of a column, in its order. */
  rowsOf(column: string): readonly string[];
}

/** The points that these words can tell; without a word for charging, nobody knows whether it charges. */
export const statusPoints = (maps: readonly Words[]): readonly PointName[] => {
  const every = maps.flatMap((map) => Object.values(map).flat());
  return upsStatus("ups", every).flatMap(({ point, value }) => (point === "ups.status" || value === true ? [point] : []));
};
