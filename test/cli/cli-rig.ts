import { buildCli } from "#cli/cli.ts";
import type { ExitCode } from "#cli/exit-code.ts";
import type { CliNeeds } from "#cli/need.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";

export interface Ended {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as a shell would, and catches what it says. */
export const runCli = async (words: readonly string[], more: Partial<CliNeeds> = {}): Promise<Ended> => {
  let out = "";
  let err = "";
  const code = await buildCli({
    version: "1.2.3",
    clock: systemClock,
    environment: {},
    drivers: () => createDrivers(systemClock),
    run: async () => 0,
    demonstration: async () => undefined,
    print: (text) => void (out += text),
    complain: (text) => void (err += text),
    ...more,
  })(words);
  return { code, out, err };
};
