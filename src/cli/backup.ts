import { findAccess, type AccessOptions } from "./access.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import type { CliNeeds } from "./need.ts";
import { askFor } from "./rest-client.ts";

export interface BackupOptions extends AccessOptions {
  readonly done?: boolean;
}

/** A backup that begins with the program waits this long for its API, in milliseconds. */
const patience = 10_000;
const pause = 250;

/** Has the running program write a copy of its database for a backup of its data folder, or, once that is made, remove it. */
export const backup = async ({ done, ...reaching }: BackupOptions, needs: CliNeeds): Promise<ExitCode> => {
  const { clock } = needs;
  const until = clock.monotonic() + patience;
  for (;;) {
    try {
      await askFor<undefined>(await findAccess(reaching, "admin", needs), "/api/v1/backup", { method: done ? "DELETE" : "POST" });
      break;
    } catch (error) {
      const waits = error instanceof Stop && error.code === exitCodes.unreachable && clock.monotonic() < until;
      if (!waits) throw error;
      await clock.sleep(pause);
    }
  }
  needs.print(done ? "the copy for the backup was removed\n" : "a copy of the database is in the data folder\n");
  return exitCodes.ok;
};
