import { createApcupsdDriver } from "#driver/apcupsd/apcupsd-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { startApcupsd } from "../peer/apcupsd-rig.ts";
import { debianPackages } from "../peer/debian-peer.ts";
import { run } from "../peer/run.ts";
import { until } from "../peer/until.ts";
import { createBench } from "./bench-device.ts";
import { cpuPerCall } from "./cpu.ts";
import { type Figure, figureOf, median, timesLess } from "./figure.ts";
import { onOneCore } from "./one-core.ts";

/** ups.refresh.apcupsd, against a real apcupsd and beside its own client. */
export const measureApcupsd = async (): Promise<readonly Figure[]> => {
  const peer = await debianPackages("apcupsd");
  if (!peer.ok) throw new Error(`without apcupsd there is no UPS: ${peer.why}`);
  using _core = onOneCore();
  await using daemon = await startApcupsd(peer, { type: "test" });
  await until(async () => (await daemon.access()).get("STATUS") !== "", "apcupsd has heard its UPS");
  await using bench = createBench();
  const ups = await bench.open("ups", createApcupsdDriver(systemClock) as never, { host: "127.0.0.1", port: daemon.port });
  // The event log is another question, and is not asked with each status.
  const wanted = ups.plan.all.filter(({ part }) => part !== "variable/EVENT");
  const refresh = async (): Promise<void> => {
    const readings = await ups.read(wanted);
    if (readings.length < 55) throw new Error(`only ${readings.length} readings of ${wanted.length}`);
  };
  await cpuPerCall(3, 200, refresh);
  const times = await cpuPerCall(20, 200, refresh);
  const access = (): Promise<string> => run(peer.bin("apcaccess"), ["-h", `127.0.0.1:${daemon.port}`], { env: peer.env });
  const spawned = median(await cpuPerCall(3, 20, access));
  return [
    figureOf(
      "ups.refresh.apcupsd",
      `CPU of a full refresh of ${wanted.length} points, driver to store`,
      "ms",
      times,
      "≤ 0.3 ms",
      timesLess(median(times), spawned, "apcaccess, spawned"),
    ),
  ];
};
