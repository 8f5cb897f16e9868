import type { CommandName, PointName } from "#domain/capability.ts";
import type { PartDescription, PartId } from "#domain/device.ts";
import type { Slot } from "#transport/snmp/fetch.ts";
import type { Varbind } from "#transport/snmp/varbind.ts";
import type { ListingProfile, PointProfile, TableProfile, WriteProfile } from "./schema.ts";
import type { Decode } from "./value.ts";

/** One number, flag, choice or text: which objects to fetch and what they mean. */
export interface ValuePlan {
  readonly slots: readonly Slot[];
  readonly digits?: Slot;
  readonly decode: Decode;
  readonly over?: PointProfile["over"];
}

/** One source of status words: objects, all of which are looked at together. `words` gives none at all, not even an empty list, when they tell nothing. */
export interface WordPlan {
  readonly slots: readonly Slot[];
  readonly words: (varbinds: readonly (Varbind | undefined)[]) => readonly string[] | undefined;
  /** All words that it may give. */
  readonly every: readonly string[];
}
/** The same from a table that is read only when it is not empty. */
export interface WordListPlan {
  readonly table: TableProfile;
  readonly count: Slot;
  readonly words: (varbind: Varbind) => readonly string[];
  readonly every: readonly string[];
}

/** A UPS's status words and all points that follow from them. */
export interface StatusPlan {
  readonly scalars: readonly WordPlan[];
  readonly lists: readonly WordListPlan[];
  readonly points: readonly PointName[];
}

/** A text made of what stands in a table. */
export interface ListingPlan {
  readonly count: Slot;
  readonly profile: ListingProfile;
}

export interface WritePlan {
  readonly oid: string;
  readonly profile: WriteProfile;
  /** The lock that goes along, where the device has it. */
  readonly lock?: string;
}

/** One part of one device. */
export interface PartLayout {
  readonly id: PartId;
  readonly label?: string;
  readonly limits?: PartDescription["limits"];
  readonly values: ReadonlyMap<PointName, ValuePlan>;
  readonly status?: StatusPlan;
  readonly listings: ReadonlyMap<PointName, ListingPlan>;
  readonly commands: ReadonlyMap<CommandName, readonly WritePlan[]>;
}

export interface Layout {
  readonly parts: ReadonlyMap<PartId, PartLayout>;
  /** All rows that the device has in the table of a column, in its order. */
  rowsOf(column: string): readonly string[];
}
