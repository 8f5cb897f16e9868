import type { Driver } from "#driver/contract.ts";
import { Lane } from "#transport/pwrstat/lane.ts";
import { type PwrstatOptions, pwrstatOptions } from "./option.ts";
import { createSession } from "./session.ts";
import { programSource, socketSource } from "./source.ts";

/** CyberPower UPSs behind the maker's own daemon, pwrstatd, by its socket or its program. Whatever reads the same one shares its answers. */
export const createPwrstatDriver = (): Driver<PwrstatOptions> => {
  const lanes = new Map<string, Lane>();
  const laneTo = (path: string): Lane => {
    const lane = lanes.get(path) ?? new Lane();
    lanes.set(path, lane);
    return lane;
  };
  return {
    name: "pwrstat",
    options: pwrstatOptions,
    endpoint: ({ socket, program }) => socket ?? program ?? "",
    // The lane puts them in order; side by side they share an answer.
    parallel: 64,
    open: async ({ socket, program }, _context, signal) => {
      signal.throwIfAborted();
      return createSession(program === undefined ? socketSource(socket ?? "", laneTo(socket ?? "")) : programSource(program, laneTo(program)));
    },
  };
};
