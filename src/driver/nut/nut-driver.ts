import type { Driver } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import { createNutPool } from "#transport/nut/pool.ts";
import { addressOf } from "#transport/nut/server.ts";
import { type NutOptions, nutOptions, serverOf } from "./option.ts";
import { openServer } from "./server-session.ts";
import { openSession } from "./session.ts";

/** UPSs (and PDUs) behind a server of Network UPS Tools. All of one server share one connection, which pipelines what they ask. */
export const createNutDriver = (clock: Clock): Driver<NutOptions> => {
  const pool = createNutPool(clock);
  return {
    name: "nut",
    options: nutOptions,
    endpoint: (options) => addressOf({ ...options, host: options.host.toLowerCase() }),
    oneOf: "ups",
    parallel: 512,
    open: async (options, context, signal) => {
      const link = await pool.join(serverOf(options), signal);
      return options.ups === "all" ? openServer(link, options) : openSession(clock, link, options, context);
    },
  };
};
