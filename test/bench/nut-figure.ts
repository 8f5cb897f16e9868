import { createNutDriver } from "#driver/nut/nut-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { debianPackages } from "../peer/debian-peer.ts";
import { startUpsd } from "../peer/nut-server-rig.ts";
import { run } from "../peer/run.ts";
import { type BenchDevice, createBench } from "./bench-device.ts";
import { type Figure, figureOf, median, timesLess } from "./figure.ts";

const count = 300;
const goal = "≤ 100 ms";
const variables = {
  "ups.status": "OL CHRG",
  "battery.charge": "87",
  "battery.runtime": "1820",
  "ups.load": "23",
  "ups.realpower": "142",
  "input.voltage": "231.4",
  "input.frequency": "50.0",
  "output.voltage": "230.1",
  "battery.voltage": "27.1",
  "ups.beeper.status": "enabled",
  "ups.test.result": "Done and passed",
  "device.mfr": "Rig",
  "device.model": "RigUPS 1500",
  "device.serial": "R1",
} as const;

/** nut.300, against a real upsd whose drivers are sockets of ours. */
export const measureNut = async (): Promise<readonly Figure[]> => {
  const peer = await debianPackages("nut-server");
  if (!peer.ok) throw new Error(`without upsd there are no UPSs: ${peer.why}`);
  const names = Array.from({ length: count }, (_, at) => `ups${at}`);
  await using upsd = await startUpsd(peer, { upses: Object.fromEntries(names.map((name) => [name, { variables }])) });
  await using bench = createBench();
  const driver = createNutDriver(systemClock);
  const upses: readonly BenchDevice[] = await Promise.all(names.map((ups) => bench.open(ups, driver as never, { host: "127.0.0.1", port: upsd.port, ups })));
  // Not every point has a value: there is no text of an alarm without one.
  const points = (await upses[0]?.read(upses[0].plan.live))?.length ?? 0;
  const times: number[] = [];
  for (let done = 0; done < 60; done++) {
    const start = performance.now();
    const answers = await Promise.all(upses.map((ups) => ups.read(ups.plan.live)));
    if (done >= 10) times.push(performance.now() - start);
    const short = answers.filter((readings) => readings.length !== points).length;
    if (points === 0 || short > 0) throw new Error(`${short} UPSs gave less than their ${points} points`);
    await systemClock.sleep(20);
  }
  const start = performance.now();
  const upsc = (ups: string): Promise<string> => run(peer.bin("upsc"), [`${ups}@127.0.0.1:${upsd.port}`], { env: peer.env });
  for (let at = 0; at < count; at += 8) await Promise.all(names.slice(at, at + 8).map(upsc));
  const spawned = performance.now() - start;
  return [
    figureOf(
      "nut.300",
      `${count} UPSs on one upsd, polled together, driver to store`,
      "ms",
      times,
      goal,
      timesLess(median(times), spawned, "300 × upsc, 8 at a time"),
    ),
  ];
};
