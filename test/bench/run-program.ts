import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProcess, type RunningProcess } from "../peer/process.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

export interface RunningProgram extends AsyncDisposable {
  readonly process: RunningProcess;
  /** When it was started, in milliseconds of `performance.now()`. */
  readonly startedAt: number;
}

/** Starts the program as a user would, with this configuration in a folder that is new and empty. */
export const runProgram = async (configuration: string, program: string = main): Promise<RunningProgram> => {
  const folder = mkdtempSync(join(tmpdir(), "rack-power-bench-"));
  writeFileSync(join(folder, "rack-power.yaml"), configuration);
  const startedAt = performance.now();
  const process = await startProcess(globalThis.process.execPath, [program, "run", "--config", join(folder, "rack-power.yaml")]);
  return {
    process,
    startedAt,
    [Symbol.asyncDispose]: async () => {
      await process.end(10_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
