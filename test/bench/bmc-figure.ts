import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import type { Wanted } from "#domain/device.ts";
import { systemClock } from "#platform/clock.ts";
import { debianPackages } from "../peer/debian-peer.ts";
import { hasDcmi, type IpmiSim, startIpmiSim } from "../peer/ipmi-sim.ts";
import { run } from "../peer/run.ts";
import { createBench } from "./bench-device.ts";
import { cpuPerCall } from "./cpu.ts";
import { type Figure, figureOf, median, timesLess } from "./figure.ts";

const sensors = 59;
/** What the ipmi-server add-on of Home Assistant spawns for each refresh of one server. */
const refreshCommands = [["bmc", "info"], ["fru"], ["chassis", "power", "status"], ["sdr", "list", "full"], ["dcmi", "power", "reading"]] as const;

interface Tool {
  readonly read: () => Promise<unknown>;
  readonly refresh: () => Promise<unknown>;
}

const toolFor = async ({ host, port }: IpmiSim): Promise<Tool | string> => {
  const peer = await debianPackages("ipmitool");
  if (!peer.ok) return peer.why;
  const call = async (words: readonly string[], expected: RegExp): Promise<void> => {
    const text = await run(peer.bin("ipmitool"), ["-I", "lanplus", "-C", "3", "-H", host, "-p", String(port), "-U", "ADMIN", "-P", "ADMIN", ...words], { env: peer.env });
    if (!expected.test(text)) throw new Error(`ipmitool ${words.join(" ")}: ${text.slice(0, 200)}`);
  };
  return {
    read: () => call(["chassis", "power", "status"], /Power is on/),
    refresh: async () => {
      for (const words of refreshCommands) await call(words, /\S/);
    },
  };
};

/** bmc.read and bmc.refresh, against OpenIPMI's ipmi_sim. */
export const measureBmc = async (): Promise<readonly Figure[]> => {
  const peer = await debianPackages("openipmi");
  if (!peer.ok) throw new Error(`without ipmi_sim there is no BMC to read: ${peer.why}`);
  const dcmi = hasDcmi(peer);
  await using sim = await startIpmiSim(peer, { on: true, dcmi });
  await using bench = createBench();
  const { host, port } = sim;
  const bmc = await bench.open("bmc", createIpmiDriver(systemClock) as never, { host, port, username: "ADMIN", password: "ADMIN", suites: [3], sensors: "all" });
  const on: readonly Wanted[] = [{ part: "chassis", point: "chassis.on" }];
  const everything: readonly Wanted[] = [...on, ...(dcmi ? [{ part: "chassis", point: "meter.power" } as const] : []), ...bmc.plan.all.filter(({ part }) => part.startsWith("sensor/"))];
  const read = (wanted: readonly Wanted[]) => async (): Promise<void> => {
    const readings = await bmc.read(wanted);
    if (readings.length !== wanted.length) throw new Error(`${readings.length} of ${wanted.length} readings`);
  };
  if (everything.length < sensors + 1) throw new Error(`only ${everything.length} points to read`);
  await cpuPerCall(1, 500, read(on));
  const reads = await cpuPerCall(15, 100, read(on));
  await cpuPerCall(1, 50, read(everything));
  const refreshes = await cpuPerCall(15, 20, read(everything));
  const tool = await toolFor(sim);
  const readPeer = typeof tool === "string" ? tool : timesLess(median(reads), median(await cpuPerCall(7, 10, tool.read)), "ipmitool spawned");
  const refreshPeer = typeof tool === "string" ? tool : timesLess(median(refreshes), median(await cpuPerCall(5, 3, tool.refresh)), "five spawns of ipmitool");
  const refreshed = `${sensors} sensors, power status${dcmi ? " and DCMI power" : " (no DCMI: the machine has no C compiler)"}`;
  return [
    figureOf("bmc.read", "processor time per chassis power read, driver to store", "ms", reads, "≤ 0.15 ms, ≥ 130 × less than ipmitool spawned", readPeer),
    figureOf("bmc.refresh", `processor time per refresh: ${refreshed}`, "ms", refreshes, "≤ 3 ms, ≥ 40 × less than five spawns", refreshPeer),
  ];
};
