import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessOptions {
  /** Added to this process's environment; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** When it is ready: a text or pattern in its output, or a condition that is polled (an exception counts as "not yet"). Without it, as soon as it was spawned. */
  readonly ready?: string | RegExp | ((output: string) => boolean | Promise<boolean>);
  /** Deadline of `ready` in milliseconds; 15 s. */
  readonly within?: number;
  /** Written to its standard input, which is then closed. Without it standard input is empty. */
  readonly input?: string;
}

export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far, both streams as they came. */
  output(): string;
  /** Sends the signal to this one process. */
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end, and ends it when it has not after `ms` (3 s). Disposing does this too. */
  end(ms?: number): Promise<void>;
  /** Settles when it has ended: exit code, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const living = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

// A worker that is killed runs no exit hook; the kernel then ends its children. prctl(2): the setting is lost when the child changes its user.
const withDeath = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] : [];

const isReady = async (ready: ProcessOptions["ready"], output: string): Promise<boolean> => {
  if (ready === undefined) return true;
  if (typeof ready === "string") return output.includes(ready);
  if (ready instanceof RegExp) return ready.test(output);
  try {
    return await ready(output);
  } catch {
    return false;
  }
};

const end = async (child: ChildProcess, ended: Promise<unknown>, ms = 3000): Promise<void> => {
  if (!living.has(child)) return;
  child.kill("SIGTERM");
  const gone = await Promise.race([ended.then(() => true), sleep(ms, false, { ref: false })]);
  if (!gone) child.kill("SIGKILL");
  await ended;
};

/** Starts a program and waits until it is ready. It ends with `await using`, or with this process. Throws with the output when it ends or is not ready in time. */
export const startProcess = async (command: string, args: readonly string[], options: ProcessOptions = {}): Promise<RunningProcess> => {
  const [program = command, ...rest] = [...withDeath, command, ...args];
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin?.on("error", () => undefined).end(options.input);
  living.add(child);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("error", (error) => (living.delete(child), (output += String(error)), resolve(127)));
    child.once("close", (code, signal) => (living.delete(child), resolve(signal ?? code ?? 0)));
  });
  const running: RunningProcess = {
    pid: child.pid ?? 0,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    ended,
    end: (ms) => end(child, ended, ms),
    [Symbol.asyncDispose]: () => end(child, ended),
  };
  const within = options.within ?? 15_000;
  for (const latest = performance.now() + within; !(await isReady(options.ready, output));) {
    if (!living.has(child)) throw new Error(`${command} ended (${await ended}) before it was ready:\n${output}`);
    if (performance.now() > latest) {
      await end(child, ended);
      throw new Error(`${command} was not ready within ${within} ms:\n${output}`);
    }
    await sleep(5);
  }
  return running;
};
