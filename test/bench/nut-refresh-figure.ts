import { createNutDriver } from "#driver/nut/nut-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { debianPackages } from "../peer/debian-peer.ts";
import { startUpsd } from "../peer/nut-server-rig.ts";
import { run } from "../peer/run.ts";
import { createBench } from "./bench-device.ts";
import { cpuPerCall } from "./cpu.ts";
import { type Figure, figureOf, median, timesLess } from "./figure.ts";
import { onOneCore } from "./one-core.ts";

/** What a line-interactive UPS at `usbhid-ups` tells: forty variables, by NUT's names. */
const variables: Readonly<Record<string, string>> = {
  "ups.status": "OL CHRG",
  "ups.load": "23",
  "ups.realpower": "142",
  "ups.realpower.nominal": "900",
  "ups.power.nominal": "1500",
  "ups.beeper.status": "enabled",
  "ups.test.result": "Done and passed",
  "ups.timer.shutdown": "-1",
  "ups.timer.start": "-1",
  "ups.delay.shutdown": "20",
  "ups.delay.start": "30",
  "ups.temperature": "31.5",
  "ups.firmware": "1.04",
  "ups.mfr": "Rig",
  "ups.model": "RigUPS 1500",
  "ups.serial": "R1",
  "ups.vendorid": "0764",
  "ups.productid": "0501",
  "battery.charge": "87",
  "battery.charge.low": "10",
  "battery.charge.warning": "20",
  "battery.runtime": "1820",
  "battery.runtime.low": "300",
  "battery.voltage": "27.1",
  "battery.voltage.nominal": "24",
  "battery.temperature": "28.4",
  "battery.type": "PbAcid",
  "battery.date": "2024/05/06",
  "input.voltage": "231.4",
  "input.voltage.nominal": "230",
  "input.frequency": "50.0",
  "input.transfer.low": "170",
  "input.transfer.high": "260",
  "input.transfer.reason": "input voltage out of range",
  "output.voltage": "230.1",
  "output.current": "0.62",
  "output.frequency": "50.0",
  "device.mfr": "Rig",
  "device.model": "RigUPS 1500",
  "device.type": "ups",
};

/** ups.refresh.nut, against a real upsd. */
export const measureNutRefresh = async (): Promise<readonly Figure[]> => {
  const peer = await debianPackages("nut-server");
  if (!peer.ok) throw new Error(`without upsd there is no UPS: ${peer.why}`);
  using _core = onOneCore();
  await using upsd = await startUpsd(peer, { upses: { rig: { variables } } });
  await using bench = createBench();
  const ups = await bench.open("rig", createNutDriver(systemClock) as never, { host: "127.0.0.1", port: upsd.port, ups: "rig" });
  const refresh = async (): Promise<void> => {
    const readings = await ups.read(ups.plan.all);
    if (readings.length < 30) throw new Error(`${readings.length} of ${ups.plan.all.length} readings`);
  };
  const upsc = async (): Promise<void> => {
    const text = await run(peer.bin("upsc"), [`rig@127.0.0.1:${upsd.port}`], { env: peer.env });
    if (!text.includes("battery.charge: 87")) throw new Error(`upsc said ${text.slice(0, 200)}`);
  };
  // Asked again at once, half of upsd's answers wait 45 ms for an acknowledgement: the time is the processor's, but nobody wants to wait for thousands.
  await cpuPerCall(1, 500, refresh);
  const cpu = await cpuPerCall(15, 50, refresh);
  const spawned = median(await cpuPerCall(7, 20, upsc));
  const what = `processor time per refresh of ${Object.keys(variables).length} variables, driver to store; all on one core`;
  return [figureOf("ups.refresh.nut", what, "ms", cpu, "≤ 0.3 ms", timesLess(median(cpu), spawned, "upsc spawned"))];
};
