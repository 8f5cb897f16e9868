import type { Outcome } from "#domain/outcome.ts";
import type { Database } from "#platform/database.ts";
import type { Bus } from "./bus.ts";

/** The audit log: every outcome, on the disk before anybody hears of it. */
export interface Audit extends Pick<Bus, "outcomes" | "outcome"> {
  write(outcome: Outcome): void;
}

/** So many outcomes are kept. By number and not by age: a clock that is wrong for an hour must not cost the log. */
const kept = 100_000;
const parse = ({ json }: { readonly json: string }): Outcome => JSON.parse(json) as Outcome;

/** The oldest go after so many new ones. */
const sweepEvery = 1000;

export const createAudit = (database: Database): Audit => {
  let written = 0;
  return {
    write: (outcome) => {
      if (written++ % sweepEvery === 0) database.run("delete from outcome where rowid <= (select max(rowid) from outcome) - ?", kept);
      const { confirm: _spent, ...command } = outcome.command;
      database.run(
        "insert into outcome (id, device, part, state, ended_at, json) values (?, ?, ?, ?, ?, ?)",
        outcome.id,
        command.device,
        command.part,
        outcome.state,
        outcome.endedAt,
        JSON.stringify({ ...outcome, command }),
      );
    },
    outcomes: ({ device, part, limit }) =>
      database
        .all<{ json: string }>(
          "select json from outcome where (?1 is null or device = ?1) and (?2 is null or part = ?2) order by rowid desc limit ?3",
          device ?? null,
          part ?? null,
          limit,
        )
        .map(parse),
    outcome: (id) => database.all<{ json: string }>("select json from outcome where id = ?", id).map(parse)[0],
  };
};
