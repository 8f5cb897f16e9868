import type { Driver } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import { addressOf } from "#transport/apcupsd/nis-server.ts";
import { type ApcupsdOptions, apcupsdOptions } from "./option.ts";
import { openSession } from "./session.ts";

/** A UPS behind an apcupsd. Each daemon has one; its network information server tells all and takes no commands. */
export const createApcupsdDriver = (clock: Clock): Driver<ApcupsdOptions> => ({
  name: "apcupsd",
  options: apcupsdOptions,
  endpoint: (options) => addressOf({ ...options, host: options.host.toLowerCase() }),
  parallel: 1,
  open: (options) => Promise.resolve(openSession(clock, options)),
});
