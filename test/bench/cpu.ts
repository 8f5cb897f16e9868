import { readFileSync } from "node:fs";

/** Milliseconds of processor time of this process. */
export const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** A tick of proc(5) in milliseconds; 100 a second on every Linux that Node runs on. */
const tick = 10;

/** The fields of proc(5)'s stat from the third on: the second holds a name with blanks. */
const statOf = (pid: number | "self"): readonly string[] => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];

/** Milliseconds of processor time of the children that have ended (cutime + cstime). */
const childCpu = (): number => {
  const fields = statOf("self");
  return (Number(fields[13]) + Number(fields[14])) * tick;
};

/** Milliseconds of processor time of another process (utime + stime). */
export const cpuOf = (pid: number): number => {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * tick;
};

/** The process that started another one; undefined when it has ended meanwhile. */
export const parentOf = (pid: number): number | undefined => {
  try {
    return Number(statOf(pid)[1]);
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
};

/** Megabytes (10^6 bytes) of memory of another process: now, and the most it has had. */
export const memoryOf = (pid: number): { readonly now: number; readonly most: number } => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string): number => (Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) * 1024) / 1e6;
  return { now: of("VmRSS"), most: of("VmHWM") };
};

/** Processor time per call, in milliseconds, of `calls` calls one after the other, in `rounds` rounds. Children that ended meanwhile count too. */
export const cpuPerCall = async (rounds: number, calls: number, work: () => Promise<unknown>): Promise<readonly number[]> => {
  const figures: number[] = [];
  for (let done = 0; done < rounds; done++) {
    const before = ownCpu() + childCpu();
    for (let call = 0; call < calls; call++) await work();
    figures.push((ownCpu() + childCpu() - before) / calls);
  }
  return figures;
};
