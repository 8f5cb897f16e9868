import type { Bus } from "#engine/bus.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { StoreReader } from "#store/read.ts";
import type { ApiKey } from "./key-ring.ts";

/** Bounds on what callers may take. Generous: they stop a runaway script or a guesser, not a dashboard. */
export interface RestLimits {
  /** Bytes of a request body. */
  readonly body: number;
  /** Open connections; further ones are closed by the system. */
  readonly connections: number;
  /** Requests per minute of one key. */
  readonly keyRequests: number;
  /** Requests per minute of one address that shows no valid key. */
  readonly addressRequests: number;
  /** Wrong keys per minute of one address; after these no key of that address is looked at until the minute is over. */
  readonly wrongKeys: number;
  /** Event streams open at the same time. */
  readonly streams: number;
  /** Events that wait for one slow reader before it is cut off. */
  readonly waitingEvents: number;
  /** Milliseconds until the headers of a request must be there. */
  readonly headerTime: number;
  /** Milliseconds until a whole request must be there. */
  readonly requestTime: number;
  /** Milliseconds between signs of life on a quiet event stream. */
  readonly heartbeat: number;
}

export const usualLimits: RestLimits = {
  body: 16_384,
  connections: 256,
  keyRequests: 6_000,
  addressRequests: 300,
  wrongKeys: 30,
  streams: 32,
  waitingEvents: 10_000,
  headerTime: 10_000,
  requestTime: 20_000,
  heartbeat: 15_000,
};

export interface RestOptions {
  readonly host: string;
  /** 0 lets the system choose; `RestServer.port` tells. */
  readonly port: number;
  readonly keys: readonly ApiKey[];
  readonly limits?: Partial<RestLimits>;
}

/** How the program is, as a whole. */
export interface Health {
  readonly state: "ready" | "degraded";
  /** What is not as it should be, one sentence each. They name devices, so only a caller with a key sees them. */
  readonly problems: readonly string[];
}

export interface ReloadResult {
  /** False when nothing was taken over, because the new configuration as a whole is not usable. */
  readonly accepted: boolean;
  /** What is wrong in the new configuration, one sentence each. */
  readonly problems: readonly string[];
}

export interface RestDependencies {
  readonly store: StoreReader;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  readonly version: string;
  /** Milliseconds for which a confirmation token is good. */
  readonly confirmationLife: number;
  health(): Health;
  /** Reads the configuration again. Without it the server has no path for that. */
  reload?(): Promise<ReloadResult>;
}
