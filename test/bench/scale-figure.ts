import { systemClock } from "#platform/clock.ts";
import { until } from "../peer/until.ts";
import { startBroker } from "./broker.ts";
import { cpuOf, memoryOf } from "./cpu.ts";
import { type Figure, figureOf } from "./figure.ts";
import { onOneCore } from "./one-core.ts";
import { runProgram, type RunningProgram } from "./run-program.ts";
import { startResponder } from "./start-responder.ts";

const devices = 1000;
const entities = 20_000;
/** Three outlets of switch, cycle, power, energy, pending and label, and the inlet's power and energy are 20 entities. */
const outlets = 3;
const columns = ["label", "pending", "power", "energy"] as const;
const interval = 10;
const noPeer = "no peer: nothing else does this";

/** What the broker has by now. */
interface Seen {
  readonly documents: Map<string, number>;
  readonly states: Set<string>;
}

const entitiesOf = (payload: Buffer): number => Object.keys((JSON.parse(payload.toString()) as { readonly components: object }).components).length;

const total = ({ documents }: Seen): number => [...documents.values()].reduce((sum, one) => sum + one, 0);

/** Shares of a core over some seconds, and memory at their ends. */
const watch = async (
  program: RunningProgram,
  times: number,
  seconds: number,
): Promise<{ readonly cpu: readonly number[]; readonly memory: readonly number[] }> => {
  const { pid } = program.process;
  const cpu: number[] = [];
  const memory: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    const before = cpuOf(pid);
    const start = performance.now();
    await systemClock.sleep(seconds * 1000);
    cpu.push(((cpuOf(pid) - before) / (performance.now() - start)) * 100);
    memory.push(memoryOf(pid).now);
  }
  return { cpu, memory };
};

/** scale.discovered, scale.rss and scale.cpu: a thousand PDUs whose watts change at every poll. */
export const measureScale = async (): Promise<readonly Figure[]> => {
  await using responder = await startResponder({ count: devices, outlets, columns, phase: false, changing: true });
  await using broker = await startBroker();
  const seen: Seen = { documents: new Map(), states: new Set() };
  await broker.listen(["homeassistant/device/+/config"], (topic, payload) => void seen.documents.set(topic, entitiesOf(payload)));
  await broker.listen(["rack-power/+/outlet/+"], (topic) => void seen.states.add(topic));
  const entries = responder.ports.map(
    (port, at) => `  pdu-${at}: { driver: snmp, host: 127.0.0.1, port: ${port}, community: public, interval: ${interval}s }\n`,
  );
  await using program = await runProgram(`mqtt: { url: "${broker.url}" }\ndata: .\ndevices:\n${entries.join("")}`);
  const complete = (): boolean => seen.documents.size > devices && seen.states.size === devices * outlets;
  const all = until(complete, "everything is at the broker", 60_000);
  await all.catch((error: unknown) => {
    throw new Error(
      `${seen.documents.size} documents and ${seen.states.size} states after a minute; the program said:\n${program.process.output().slice(-2000)}`,
      { cause: error },
    );
  });
  const discovered = (performance.now() - program.startedAt) / 1000;
  if (total(seen) < entities) throw new Error(`only ${total(seen)} entities were discovered`);
  await systemClock.sleep(2 * interval * 1000);
  using _core = onOneCore();
  const { cpu, memory } = await watch(program, 4, interval);
  const { most } = memoryOf(program.process.pid);
  const what = `${devices} devices, ${total(seen)} entities`;
  return [
    figureOf("scale.discovered", `${what}: process start until all documents and states are at mosquitto`, "s", [discovered], "≤ 10 s", noPeer),
    figureOf("scale.rss", `${what}: memory while it polls (at most ${Math.round(most)} MB, while it starts)`, "MB", memory, "≤ 250 MB", noPeer),
    figureOf("scale.cpu", `${what}: share of a core at polls every ${interval} s, each bringing other watts; all on one core`, "%", cpu, "≤ 5 %", noPeer),
  ];
};
