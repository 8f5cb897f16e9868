import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { parentOf } from "./cpu.ts";

const family = (): readonly number[] => {
  const all = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return [process.pid, ...all.filter((pid) => parentOf(pid) === process.pid)];
};

const taskset = (...words: readonly string[]): string => execFileSync("taskset", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** Moves all threads of a process to the last of its cores; gives the cores it had. */
const pin = (pid: number): string => {
  const cores = taskset("-c", "-p", String(pid)).split(": ").at(-1)?.trim() ?? "0";
  taskset("-a", "-c", "-p", cores.split(/[,-]/).at(-1) ?? "0", String(pid));
  return cores;
};

/**
 * Keeps this process and its children, also those that it starts from now on, on one core until disposed. When two processes on different cores
 * talk over loopback, the sender pays for waking the other core: up to 100 µs in a virtual machine, which no datagram to a real device costs.
 * Where there is no `taskset` (util-linux) nothing happens, and the figures are higher.
 */
export const onOneCore = (): Disposable => {
  const before = new Map<number, string>();
  try {
    for (const pid of family()) before.set(pid, pin(pid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    console.error("no taskset here: the processes stay on several cores");
  }
  return {
    [Symbol.dispose]: () => {
      const living = new Set(family());
      for (const [pid, cores] of before) if (living.has(pid)) taskset("-a", "-c", "-p", cores, String(pid));
    },
  };
};
