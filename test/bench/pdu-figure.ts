import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { debianPackages } from "../peer/debian-peer.ts";
import { run } from "../peer/run.ts";
import { type BenchDevice, createBench } from "./bench-device.ts";
import { cpuPerCall } from "./cpu.ts";
import { type Figure, figureOf, median, p99, timesLess } from "./figure.ts";
import { startResponder } from "./start-responder.ts";

const count = 200;
const objects = 75;
const table = "1.3.6.1.4.1.318.1.1.26";
/** The same objects in one request: three that stand alone, three columns. The agent's answer holds 61 of the 75, as much as one Ethernet frame carries: in the peer's favour. */
const ofTool = 61;
const bulkArguments = ["-Cn3", "-Cr24"] as const;
const bulkObjects = ["4.3.1.5", "4.3.1.9", "6.3.1.6", "9.2.3.1.5", "9.4.3.1.7", "9.4.3.1.11"].map((tail) => `${table}.${tail}`);

const spawned = async (ports: readonly number[]): Promise<{ readonly poll: (port: number) => Promise<void>; readonly cpu: readonly number[] } | string> => {
  const peer = await debianPackages("snmp");
  if (!peer.ok) return peer.why;
  const poll = async (port: number): Promise<void> => {
    const text = await run(peer.bin("snmpbulkget"), ["-v2c", "-c", "public", "-Oqn", ...bulkArguments, `127.0.0.1:${port}`, ...bulkObjects], { env: peer.env });
    const lines = text.trim().split("\n").length;
    if (lines < ofTool) throw new Error(`snmpbulkget brought ${lines} objects`);
  };
  return { poll, cpu: await cpuPerCall(7, 20, () => poll(ports[0] ?? 0)) };
};

const elapsed = async (times: number, work: () => Promise<unknown>): Promise<readonly number[]> => {
  const figures: number[] = [];
  for (let done = 0; done < times; done++) {
    const start = performance.now();
    await work();
    figures.push(performance.now() - start);
    await systemClock.sleep(20);
  }
  return figures;
};

/** pdu.poll and pdu.cycle200. */
export const measurePdu = async (): Promise<readonly Figure[]> => {
  await using responder = await startResponder({ count, outlets: 24, columns: ["power", "energy"], changing: true });
  await using bench = createBench();
  const driver = createSnmpDriver(systemClock);
  const pdus: BenchDevice[] = [];
  for (const [at, port] of responder.ports.entries()) pdus.push(await bench.open(`pdu-${at}`, driver as never, { host: "127.0.0.1", port, community: "public" }));
  const pollOf = (pdu: BenchDevice) => async (): Promise<void> => {
    const readings = await pdu.read(pdu.plan.live);
    if (readings.length !== objects) throw new Error(`${readings.length} of ${objects} readings`);
  };
  const polls = pdus.map(pollOf);
  const together = (): Promise<unknown> => Promise.all(polls.map((poll) => poll()));
  const first = polls[0] as () => Promise<void>;
  await cpuPerCall(1, 2000, first);
  const cpu = (await cpuPerCall(15, 1000, first)).map((ms) => ms * 1000);
  await elapsed(20, together);
  const cycles = await elapsed(300, together);
  const tool = await spawned(responder.ports);
  const goal = "≤ 120 µs, ≥ 30 × less than snmpbulkget spawned";
  const byTool = typeof tool === "string" ? [] : await elapsed(3, async () => {
    for (let at = 0; at < count; at += 8) await Promise.all(responder.ports.slice(at, at + 8).map(tool.poll));
  });
  return [
    figureOf("pdu.poll", "processor time per poll of 75 objects, driver to store", "µs", cpu, goal, typeof tool === "string" ? tool : timesLess(median(cpu), median(tool.cpu) * 1000, "snmpbulkget spawned, for 61 of them")),
    {
      ...figureOf("pdu.cycle200", "200 PDUs polled together, p99", "ms", cycles, "≤ 20 ms", typeof tool === "string" ? tool : timesLess(p99(cycles), median(byTool), "200 × snmpbulkget, 8 at a time")),
      value: p99(cycles),
    },
  ];
};
