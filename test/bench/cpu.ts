import { readFileSync } from "node:fs";

/** Milliseconds of processor time of this process. */
export const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Milliseconds of processor time of the children that have ended (cutime + cstime of proc(5), in ticks of 10 ms). */
export const childCpu = (): number => {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
};

/** Processor time per call, in milliseconds, of `calls` calls one after the other, in `rounds` rounds. Ended children count too. */
export const cpuPerCall = async (rounds: number, calls: number, work: () => Promise<unknown>): Promise<readonly number[]> => {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = ownCpu() + childCpu();
    for (let call = 0; call < calls; call++) await work();
    figures.push((ownCpu() + childCpu() - before) / calls);
  }
  return figures;
};
