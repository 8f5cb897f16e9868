import type { DeviceId, PartId } from "#domain/device.ts";
import type { Database } from "#platform/database.ts";

/** An outlet that we switched off and owe the "on": written before the off, crossed out when the outlet has been seen on. */
export interface Debt {
  /** The id of the command that made it. */
  readonly id: string;
  readonly device: DeviceId;
  readonly part: PartId;
}

/** Survives a crash: what is written here is on the disk when the call returns. */
export interface Debts {
  owe(debt: Debt): void;
  settle(id: string): void;
  of(device: DeviceId): readonly Debt[];
}

export const createDebts = (database: Database): Debts => {
  const rows = database.all<{ json: string }>("select json from debt").map(({ json }) => JSON.parse(json) as Debt);
  const owed = new Map(rows.map((debt) => [debt.id, debt]));
  return {
    owe: (debt) => {
      database.run("insert or replace into debt (id, json) values (?, ?)", debt.id, JSON.stringify(debt));
      owed.set(debt.id, debt);
    },
    settle: (id) => {
      if (!owed.has(id)) return;
      database.run("delete from debt where id = ?", id);
      owed.delete(id);
    },
    of: (device) => [...owed.values()].filter((debt) => debt.device === device),
  };
};
