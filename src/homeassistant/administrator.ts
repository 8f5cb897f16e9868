import { isFault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";

export interface Administrators {
  /** False also when Core cannot be asked: who is not known to be an administrator is none. */
  includes(userId: string): Promise<boolean>;
}

export interface AdministratorServices {
  readonly core: Pick<CoreConnection, "call">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds for which Core's list is good, and for which it is not asked again after it could not be had. */
const goodFor = 60_000;
const restFor = 2_000;
/** A page waits for this. */
const within = 3_000;

interface User {
  readonly id?: unknown;
  readonly is_owner?: unknown;
  readonly is_active?: unknown;
  readonly group_ids?: unknown;
}

const isAdministrator = ({ is_owner, is_active, group_ids }: User): boolean =>
  is_active === true && (is_owner === true || (Array.isArray(group_ids) && group_ids.includes("system-admin")));

const administratorsIn = (answer: unknown): ReadonlySet<string> => {
  if (!Array.isArray(answer)) return new Set();
  const users = answer.filter((user): user is User => typeof user === "object" && user !== null);
  return new Set(users.flatMap((user) => (typeof user.id === "string" && isAdministrator(user) ? [user.id] : [])));
};

/**
 * Who may act. The Supervisor tells who a person is, and not what that person may do; and Core lets every person open every add-on's page
 * (hassio/websocket_api.py, WS_NO_ADMIN_ENDPOINTS). So Core's own list is asked, `config/auth/list`.
 */
export const askAdministrators = ({ core, clock, log }: AdministratorServices): Administrators => {
  let known: { readonly ids: ReadonlySet<string>; readonly until: number } | undefined;
  let asking: Promise<ReadonlySet<string>> | undefined;
  let silent = false;
  const remember = (ids: ReadonlySet<string>, ms: number): ReadonlySet<string> => {
    known = { ids, until: clock.monotonic() + ms };
    return ids;
  };
  const ask = async (): Promise<ReadonlySet<string>> => {
    try {
      const ids = administratorsIn(await core.call({ type: "config/auth/list" }, undefined, { within }));
      if (silent) log.info("Home Assistant tells again who is an administrator");
      silent = false;
      return remember(ids, goodFor);
    } catch (error) {
      if (!isFault(error)) throw error;
      if (!silent) log.warn(`who is an administrator is not known, so nobody can act on the page: ${error.message}`);
      silent = true;
      return remember(new Set(), restFor);
    } finally {
      asking = undefined;
    }
  };
  return {
    includes: async (userId) => {
      const ids = known && clock.monotonic() < known.until ? known.ids : await (asking ??= ask());
      return ids.has(userId);
    },
  };
};
