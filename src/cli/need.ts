import type { Driver } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import type { ExitCode } from "./exit-code.ts";

/** What the command line needs of the composition root. */
export interface CliNeeds {
  readonly version: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Made only by the commands that need them. */
  drivers(): ReadonlyMap<string, Driver<never>>;
  /** Runs the program until it is told to stop; without a file, the demonstration. */
  run(options: { readonly config?: string }): Promise<ExitCode>;
  /** Where the running demonstration takes commands, and the configuration it wrote; undefined when none runs. */
  demonstration(): Promise<{ readonly controlPort: number; readonly config: string } | undefined>;
  /** A text with its line ends, to standard output. */
  print(text: string): void;
  /** To standard error. */
  complain(text: string): void;
}
