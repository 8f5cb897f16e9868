import { homedir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "#platform/folder.ts";

/** Where peers are kept between runs, outside of the repository. */
export const cacheFolder = (): string => process.env["RACK_POWER_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "rack-power");

/**
 * Runs `work` while no other process on this machine does so under the same name. The lock is SQLite's own on a small file, because the
 * kernel takes it from a process that dies, which a lock file does not survive.
 */
export const alone = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const folder = join(cacheFolder(), "lock");
  makeFolder(folder);
  using file = new DatabaseSync(join(folder, `${name}.db`));
  file.exec("pragma busy_timeout = 0");
  for (;;) {
    try {
      file.exec("begin exclusive");
      break;
    } catch (error) {
      if (!/locked|busy/i.test(String(error))) throw error;
      await sleep(50);
    }
  }
  return await work();
};
