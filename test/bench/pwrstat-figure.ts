import { fork } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createPwrstatDriver } from "#driver/pwrstat/pwrstat-driver.ts";
import { createProgram } from "../driver/pwrstat-program.ts";
import { run } from "../peer/run.ts";
import { createBench } from "./bench-device.ts";
import { cpuPerCall } from "./cpu.ts";
import { type Figure, figureOf, median, timesLess } from "./figure.ts";
import { onOneCore } from "./one-core.ts";
import type { DaemonMessage } from "./pwrstat-responder.ts";

/** ups.refresh.pwrstat, against a double of the daemon in a process of its own. */
export const measurePwrstat = async (): Promise<readonly Figure[]> => {
  using _core = onOneCore();
  const child = fork(join(import.meta.dirname, "pwrstat-responder.ts"));
  const ended = once(child, "exit");
  try {
    const [{ path }] = (await Promise.race([once(child, "message"), ended.then(() => Promise.reject(new Error("the double did not start")))])) as [
      DaemonMessage,
    ];
    await using bench = createBench();
    await using program = await createProgram();
    const ups = await bench.open("ups", createPwrstatDriver() as never, { socket: path });
    const refresh = async (): Promise<void> => {
      const readings = await ups.read(ups.plan.all);
      if (readings.length !== ups.plan.all.length || readings.length < 15) throw new Error(`${readings.length} of ${ups.plan.all.length} readings`);
    };
    const spawned = async (): Promise<void> => {
      const text = await run("/bin/cat", [join(dirname(program.path), "status")]);
      if (!text.includes("Battery Capacity")) throw new Error(`it printed ${text.slice(0, 200)}`);
    };
    await cpuPerCall(1, 2000, refresh);
    const cpu = await cpuPerCall(15, 500, refresh);
    const peer = timesLess(median(cpu), median(await cpuPerCall(7, 20, spawned)), "the smallest program spawned that prints a status");
    return [
      figureOf(
        "ups.refresh.pwrstat",
        `processor time per refresh of ${ups.plan.all.length} points, driver to store; all on one core`,
        "ms",
        cpu,
        "≤ 0.3 ms",
        peer,
      ),
    ];
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
};
