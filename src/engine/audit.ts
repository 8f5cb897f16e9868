import type { Outcome } from "#domain/outcome.ts";
import type { Database } from "#platform/database.ts";
import type { Bus } from "./bus.ts";

/** The audit log: every outcome, on the disk before anybody hears of it. */
export interface Audit extends Pick<Bus, "outcomes" | "outcome"> {
  write(outcome: Outcome): void;
}

const keptFor = 90 * 24 * 3600_000;
const parse = ({ json }: { readonly json: string }): Outcome => JSON.parse(json) as Outcome;

/** Old outcomes go after so many new ones. */
const sweepEvery = 1000;

export const createAudit = (database: Database): Audit => {
  let written = 0;
  return {
    write: (outcome) => {
      if (written++ % sweepEvery === 0) database.run("delete from outcome where ended_at < ?", outcome.endedAt - keptFor);
      const { confirm: _spent, ...command } = outcome.command;
      const kept = { ...outcome, command };
      database.run(
        "insert into outcome (id, device, part, state, ended_at, json) values (?, ?, ?, ?, ?, ?)",
        outcome.id,
        command.device,
        command.part,
        outcome.state,
        outcome.endedAt,
        JSON.stringify(kept),
      );
    },
    outcomes: ({ device, part, limit }) =>
      database
        .all<{ json: string }>(
          "select json from outcome where (?1 is null or device = ?1) and (?2 is null or part = ?2) order by ended_at desc, rowid desc limit ?3",
          device ?? null,
          part ?? null,
          limit,
        )
        .map(parse),
    outcome: (id) => database.all<{ json: string }>("select json from outcome where id = ?", id).map(parse)[0],
  };
};
