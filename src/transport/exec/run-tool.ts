import { execa } from "execa";
import { Fault } from "#domain/fault.ts";
import { deadline } from "#platform/abort.ts";

export interface ToolRun {
  readonly command: string;
  /** Everybody on the machine can read these: no secrets. */
  readonly args: readonly string[];
  /** All of the environment that the program gets. */
  readonly env: Readonly<Record<string, string>>;
  /** How long it may take. */
  readonly ms: number;
}

export interface ToolResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const mostOutput = 4_000_000;

/**
 * Runs a program to its end, in a process group of its own that is killed as a whole when the time is over or the signal aborted: a
 * program that started others leaves none behind.
 * Faults: timeout; unsupported when there is no such program; denied when it may not be run.
 */
export const runTool = async ({ command, args, env, ms }: ToolRun, signal: AbortSignal): Promise<ToolResult> => {
  const end = deadline(ms, signal);
  if (end.aborted) throw new Fault("timeout", `${command} was not started any more`, { cause: end.reason });
  const child = execa(command, args, {
    detached: true,
    env,
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    maxBuffer: mostOutput,
    stripFinalNewline: false,
  });
  const killGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      // The group may have ended by itself a moment ago.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  end.addEventListener("abort", killGroup, { once: true });
  const { exitCode, stdout, stderr, code } = await child.finally(() => end.removeEventListener("abort", killGroup));
  if (code === "ENOENT") throw new Fault("unsupported", `The program ${command} is not installed`);
  if (code === "EACCES") throw new Fault("denied", `The program ${command} may not be run by this program's user`);
  if (end.aborted) throw new Fault("timeout", `${command} was stopped, as it took too long`, { cause: end.reason });
  return { exitCode, stdout, stderr };
};
