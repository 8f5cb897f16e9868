import { equalDigests } from "#platform/constant-time.ts";
import type { Clock } from "#platform/clock.ts";
import { sha256 } from "#platform/digest.ts";
import type { Log } from "#platform/log.ts";
import type { NutLimits, NutUser } from "./option.ts";

export interface Caller {
  readonly address: string;
  readonly username?: string;
  readonly password?: string;
}

/** Who may do what, and how often. */
export interface Gate {
  /** The user whose name and password these are. Looks at every user, so that the time tells nothing. */
  identify(caller: Caller): NutUser | undefined;
  /** Counts one change by this user; false when it is one too many. */
  mayChange(user: NutUser): boolean;
  replace(users: readonly NutUser[]): void;
}

const minute = 60_000;
/** Addresses and users of whom something is remembered. */
const mostRemembered = 1_000;

interface Tally {
  count: number;
  readonly until: number;
}

/** Counts by name and minute. */
const createTallies = (clock: Clock): { of(name: string): Tally } => {
  const tallies = new Map<string, Tally>();
  return {
    of: (name) => {
      const now = clock.monotonic();
      const known = tallies.get(name);
      if (known && known.until > now) return known;
      if (tallies.size >= mostRemembered) for (const [other, { until }] of tallies) if (until <= now || tallies.size >= mostRemembered) tallies.delete(other);
      const fresh = { count: 0, until: now + minute };
      tallies.set(name, fresh);
      return fresh;
    },
  };
};

export const createGate = (first: readonly NutUser[], limits: NutLimits, clock: Clock, log: Log): Gate => {
  const prepare = (users: readonly NutUser[]): readonly { readonly user: NutUser; readonly digest: Uint8Array }[] =>
    users.map((user) => ({ user, digest: Buffer.from(user.hash, "hex") }));
  let ring = prepare(first);
  const wrong = createTallies(clock);
  const changes = createTallies(clock);
  return {
    identify: ({ address, username, password }) => {
      if (username === undefined || password === undefined) return undefined;
      const failures = wrong.of(address);
      if (failures.count >= limits.wrongPasswords) return undefined;
      const digest = Buffer.from(sha256(password), "hex");
      let found: NutUser | undefined;
      for (const { user, digest: known } of ring) if (equalDigests(known, digest) && user.name === username) found = user;
      if (found) return found;
      // Never the name that was tried: people type their password there.
      if (failures.count++ === 0) log.warn(`${address} was turned away: wrong user or password`);
      return undefined;
    },
    mayChange: ({ name }) => {
      const tally = changes.of(name);
      if (tally.count === limits.changes) log.warn(`${name} gives too many commands: more than ${limits.changes} in a minute`);
      return tally.count++ < limits.changes;
    },
    replace: (users) => {
      ring = prepare(users);
    },
  };
};
