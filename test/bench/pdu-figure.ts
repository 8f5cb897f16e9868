import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { debianPackages, type Peer } from "../peer/debian-peer.ts";
import { run } from "../peer/run.ts";
import { createBench } from "./bench-device.ts";
import { cpuPerCall } from "./cpu.ts";
import { type Figure, figureOf, median, p99, timesLess } from "./figure.ts";
import { onOneCore } from "./one-core.ts";
import { startResponder } from "./start-responder.ts";

const count = 200;
const objects = 75;
const table = "1.3.6.1.4.1.318.1.1.26";
/** The same objects in one request: three that stand alone, three columns. The agent's answer holds 61 of the 75, as much as one Ethernet frame carries: in the peer's favour. */
const ofTool = 61;
const bulkArguments = ["-Cn3", "-Cr24"] as const;
const bulkObjects = ["4.3.1.5", "4.3.1.9", "6.3.1.6", "9.2.3.1.5", "9.4.3.1.7", "9.4.3.1.11"].map((tail) => `${table}.${tail}`);

type Tool = () => Promise<void>;

const snmpbulkget =
  (peer: Peer, port: number): Tool =>
  async () => {
    const text = await run(peer.bin("snmpbulkget"), ["-v2c", "-c", "public", "-Oqn", ...bulkArguments, `127.0.0.1:${port}`, ...bulkObjects], { env: peer.env });
    const lines = text.trim().split("\n").length;
    if (lines < ofTool) throw new Error(`snmpbulkget brought ${lines} objects`);
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

/** Processor time per poll, in µs; the program, its peer and the tool share a core. */
const measurePoll = async (poll: () => Promise<void>, tool: Tool | string): Promise<Figure> => {
  using _core = onOneCore();
  await cpuPerCall(1, 2000, poll);
  const cpu = (await cpuPerCall(15, 1000, poll)).map((ms) => ms * 1000);
  const peer =
    typeof tool === "string" ? tool : timesLess(median(cpu), median(await cpuPerCall(7, 20, tool)) * 1000, `snmpbulkget spawned, for ${ofTool} of them`);
  return figureOf(
    "pdu.poll",
    `processor time per poll of ${objects} objects, driver to store; all on one core`,
    "µs",
    cpu,
    "≤ 120 µs, ≥ 30 × less than snmpbulkget spawned",
    peer,
  );
};

const measureCycle = async (polls: readonly (() => Promise<void>)[], tools: readonly Tool[] | string): Promise<Figure> => {
  const together = (): Promise<unknown> => Promise.all(polls.map((poll) => poll()));
  await elapsed(40, together);
  const cycles = await elapsed(400, together);
  const spawnAll = async (some: readonly Tool[]): Promise<void> => {
    for (let at = 0; at < some.length; at += 8) await Promise.all(some.slice(at, at + 8).map((tool) => tool()));
  };
  const peer =
    typeof tools === "string" ? tools : timesLess(p99(cycles), median(await elapsed(3, () => spawnAll(tools))), `${count} × snmpbulkget, 8 at a time`);
  return { ...figureOf("pdu.cycle200", `${count} PDUs polled together, p99`, "ms", cycles, "≤ 20 ms", peer), value: p99(cycles) };
};

/** pdu.poll and pdu.cycle200. */
export const measurePdu = async (): Promise<readonly Figure[]> => {
  await using responder = await startResponder({ count, outlets: 24, columns: ["power", "energy"], phase: true, changing: true });
  await using bench = createBench();
  const driver = createSnmpDriver(systemClock);
  const polls: (() => Promise<void>)[] = [];
  for (const [at, port] of responder.ports.entries()) {
    const pdu = await bench.open(`pdu-${at}`, driver as never, { host: "127.0.0.1", port, community: "public" });
    polls.push(async () => {
      const readings = await pdu.read(pdu.plan.live);
      if (readings.length !== objects) throw new Error(`${readings.length} of ${objects} readings`);
    });
  }
  const [first] = polls;
  if (!first) throw new Error("there is no PDU to poll");
  const peer = await debianPackages("snmp");
  const tools = peer.ok ? responder.ports.map((port) => snmpbulkget(peer, port)) : peer.why;
  return [await measurePoll(first, typeof tools === "string" ? tools : (tools[0] as Tool)), await measureCycle(polls, tools)];
};
