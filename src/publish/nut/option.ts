import type { DeviceId } from "#domain/device.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { NutRack } from "./rack.ts";

/** Somebody who may do more than read. */
export interface NutUser {
  readonly name: string;
  /** SHA-256 of the password, in hexadecimal; the text is not kept. */
  readonly hash: string;
  /** Watches with `upsmon`: a primary may also announce a forced shutdown. */
  readonly role?: "primary" | "secondary";
  /** Instant commands that this user may give. */
  readonly commands: "all" | readonly string[];
  /** Whether this user may set variables. */
  readonly set: boolean;
  /** The UPSs for which all this holds; without it all of them. */
  readonly devices?: readonly DeviceId[];
}

/** PEM texts. */
export interface NutTls {
  readonly cert: string;
  readonly key: string;
}

export interface NutServerOptions {
  readonly host: string;
  /** 0 lets the system choose; `NutServer.port` tells. */
  readonly port: number;
  readonly users: readonly NutUser[];
  readonly tls?: NutTls | undefined;
  readonly limits?: Partial<NutLimits>;
}

export interface NutDependencies {
  readonly rack: NutRack;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

/** Bounds on what clients may take. */
export interface NutLimits {
  /** Open connections; for a further one, whoever is not logged in and silent for longest has to go. */
  readonly connections: number;
  /** Characters of a request. upsd takes 512 bytes (SMALLBUF in NUT's include/common.h). */
  readonly line: number;
  /** Characters of questions and of answers of one client that may lie about. */
  readonly waiting: number;
  /** Requests of one client that are answered in one turn. */
  readonly turn: number;
  /** Milliseconds without a whole request until a connection is closed; upsd's 60 s (mainloop in NUT's server/upsd.c). */
  readonly silence: number;
  /** Milliseconds that a client may leave its answers lying. */
  readonly slowness: number;
  /** Milliseconds that agreeing on TLS may take. */
  readonly handshake: number;
  /** Milliseconds between looks at all this. */
  readonly check: number;
  /** Wrong passwords per minute of one address; after these none of that address is looked at until the minute is over. */
  readonly wrongPasswords: number;
  /** Commands and new values per minute of one user. */
  readonly changes: number;
  /** Commands whose outcome can be asked for; the oldest go. */
  readonly tracked: number;
  /** Milliseconds for which an answer waits for an outcome that is not tracked. */
  readonly promptness: number;
  /** Milliseconds for which it waits for one that is: what needs no device, such as a refusal, comes at once. */
  readonly glance: number;
}

export const usualLimits: NutLimits = {
  connections: 1024,
  line: 1024,
  waiting: 65_536,
  turn: 100,
  silence: 60_000,
  slowness: 20_000,
  handshake: 10_000,
  check: 5_000,
  wrongPasswords: 30,
  changes: 60,
  tracked: 1_000,
  promptness: 2_000,
  glance: 10,
};
