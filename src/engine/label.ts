import type { Description, DeviceId, PartId } from "#domain/device.ts";
import type { Database } from "#platform/database.ts";

/**
 * The names that devices keep for their outlets, as somebody last saw and accepted them. An outlet whose name has changed since may
 * be another outlet: firmware has moved rows before (xcat2/xcat-core#5213, kentik/snmp-profiles#199).
 */
export interface Labels {
  /** Remembers labels of outlets seen for the first time; gives those that differ from what was accepted. */
  meet(device: DeviceId, description: Description): readonly { readonly part: PartId; readonly accepted: string; readonly now: string }[];
  accepted(device: DeviceId, part: PartId): string | undefined;
  accept(device: DeviceId, part: PartId, label: string): void;
}

export const createLabels = (database: Database): Labels => {
  const known = new Map<string, string>();
  const keyOf = (device: DeviceId, part: PartId): string => `${device} ${part}`;
  for (const row of database.all<{ device: string; part: string; label: string }>("select device, part, label from label"))
    known.set(keyOf(row.device, row.part), row.label);
  const accept = (device: DeviceId, part: PartId, label: string): void => {
    database.run("insert or replace into label (device, part, label) values (?, ?, ?)", device, part, label);
    known.set(keyOf(device, part), label);
  };
  return {
    accept,
    accepted: (device, part) => known.get(keyOf(device, part)),
    meet: (device, { parts }) => {
      const labelled = parts.flatMap(({ id, label, points }) =>
        label === undefined || !points.includes("outlet.label") ? [] : [{ part: id, now: label, accepted: known.get(keyOf(device, id)) }],
      );
      const fresh = labelled.filter(({ accepted }) => accepted === undefined);
      if (fresh.length > 0) database.transaction(() => fresh.forEach(({ part, now }) => accept(device, part, now)));
      return labelled.flatMap(({ part, now, accepted }) => (accepted === undefined || accepted === now ? [] : [{ part, now, accepted }]));
    },
  };
};
