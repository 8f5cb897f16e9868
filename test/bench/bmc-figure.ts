import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import type { Wanted } from "#domain/device.ts";
import { systemClock } from "#platform/clock.ts";
import { debianPackages } from "../peer/debian-peer.ts";
import { hasDcmi } from "../peer/ipmi-sim.ts";
import { run } from "../peer/run.ts";
import { createBench } from "./bench-device.ts";
import { cpuPerCall } from "./cpu.ts";
import { onOneCore } from "./one-core.ts";
import { type QuickBmc, startQuickBmc } from "./quick-bmc.ts";
import { type Figure, figureOf, median, timesLess } from "./figure.ts";

const sensors = 59;
/** What the ipmi-server add-on of Home Assistant spawns for each refresh of one server. */
const refreshCommands = [["bmc", "info"], ["fru"], ["chassis", "power", "status"], ["sdr", "list", "full"], ["dcmi", "power", "reading"]] as const;

interface Tool {
  readonly read: () => Promise<unknown>;
  readonly refresh: () => Promise<unknown>;
}

/** ipmitool reads a list of makers at each start. It looks in two places, and finds it in this one as it finds it in the other where it is installed. */
const homeWithMakers = (root: string): string => {
  const home = mkdtempSync(join(tmpdir(), "rack-power-bench-"));
  mkdirSync(join(home, ".local/usr/share"), { recursive: true });
  symlinkSync(join(root, "usr/share/misc"), join(home, ".local/usr/share/misc"));
  return home;
};

const toolFor = async ({ host, port }: QuickBmc, disposal: DisposableStack): Promise<Tool | string> => {
  const peer = await debianPackages("ipmitool");
  if (!peer.ok) return peer.why;
  const home = homeWithMakers(peer.root);
  disposal.defer(() => rmSync(home, { recursive: true }));
  const call = async (words: readonly string[], expected: RegExp): Promise<void> => {
    const text = await run(peer.bin("ipmitool"), ["-I", "lanplus", "-C", "3", "-H", host, "-p", String(port), "-U", "ADMIN", "-P", "ADMIN", ...words], {
      env: { ...peer.env, HOME: home },
    });
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
  using disposal = new DisposableStack();
  using _core = onOneCore();
  await using sim = await startQuickBmc(peer, sensors);
  await using bench = createBench();
  const { host, port } = sim;
  const bmc = await bench.open("bmc", createIpmiDriver(systemClock) as never, {
    host,
    port,
    username: "ADMIN",
    password: "ADMIN",
    suites: [3],
    sensors: "all",
  });
  const on: readonly Wanted[] = [{ part: "chassis", point: "chassis.on" }];
  const everything: readonly Wanted[] = [
    ...on,
    ...(dcmi ? [{ part: "chassis", point: "meter.power" } as const] : []),
    ...bmc.plan.all.filter(({ part }) => part.startsWith("sensor/")),
  ];
  const read = (wanted: readonly Wanted[]) => async (): Promise<void> => {
    const readings = await bmc.read(wanted);
    if (readings.length !== wanted.length) throw new Error(`${readings.length} of ${wanted.length} readings`);
  };
  if (everything.length < sensors + 1) throw new Error(`only ${everything.length} points to read`);
  await cpuPerCall(1, 2000, read(on));
  const reads = await cpuPerCall(15, 1000, read(on));
  await cpuPerCall(1, 100, read(everything));
  const refreshes = await cpuPerCall(15, 50, read(everything));
  const tool = await toolFor(sim, disposal);
  const readPeer = typeof tool === "string" ? tool : timesLess(median(reads), median(await cpuPerCall(7, 10, tool.read)), "ipmitool spawned");
  const refreshPeer = typeof tool === "string" ? tool : timesLess(median(refreshes), median(await cpuPerCall(5, 3, tool.refresh)), "five spawns of ipmitool");
  const refreshed = `${sensors} sensors, power status${dcmi ? " and DCMI power" : " (no DCMI: the machine has no C compiler)"}`;
  return [
    figureOf(
      "bmc.read",
      "processor time per chassis power read, driver to store; all on one core",
      "ms",
      reads,
      "≤ 0.15 ms, ≥ 130 × less than ipmitool spawned",
      readPeer,
    ),
    figureOf("bmc.refresh", `processor time per refresh: ${refreshed}; all on one core`, "ms", refreshes, "≤ 3 ms, ≥ 40 × less than five spawns", refreshPeer),
  ];
};
