import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { type EngineRig, nutAdmin, pduObjects, startEngine, upsWithOutlet } from "./engine-rig.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { startUpsd, type Upsd } from "./nut-server-rig.ts";
import { freePort } from "./port.ts";
import { startProcess } from "./process.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpsim } from "./snmpsim.ts";
import { udpRelay } from "./udp-relay.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({
  snmpsim: debianPackages("snmpsim"),
  snmp: debianPackages("snmp"),
  nut: debianPackages("nut-server"),
  ipmi: debianPackages("openipmi"),
});

const login = { username: "ADMIN", password: "ADMIN" } as const;
const healthy = ["pdu", "ups", "web"] as const;
/** One point of each healthy device that is read at every poll. */
const pulse = { pdu: ["outlet/1", "outlet.on"], ups: ["ups", "ups.load"], web: ["chassis", "chassis.on"] } as const;
const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** How often each healthy device was read in so many seconds, at an interval of one second. */
const countPolls = async (rig: EngineRig, seconds: number): Promise<Readonly<Record<string, number>>> => {
  const seen = new Map<string, Set<number>>(healthy.map((id) => [id, new Set()]));
  const end = performance.now() + seconds * 1000;
  await until(
    () => {
      for (const id of healthy) seen.get(id)?.add(rig.store.device(id)?.parts.get(pulse[id][0])?.entries.get(pulse[id][1])?.at ?? 0);
      return performance.now() > end;
    },
    "the time is over",
    seconds * 2000,
  );
  return Object.fromEntries([...seen].map(([id, times]) => [id, times.size]));
};

/** Milliseconds that each of so many commands took, all confirmed: an outlet of the PDU, one of the UPS and a chassis, on and off by turns. */
const timeCommands = async (rig: EngineRig, turns: number): Promise<Readonly<Record<string, readonly number[]>>> => {
  const times: Record<string, number[]> = { pdu: [], ups: [], web: [] };
  for (let turn = 0; turn < turns; turn++) {
    for (const id of healthy) {
      const word = turn % 2 === 0 ? "off" : "on";
      const start = performance.now();
      const outcome = await (id === "web" ? rig.drive(id, "chassis", `chassis.${word}`) : rig.drive(id, "outlet/1", `outlet.${word}`));
      times[id]?.push(performance.now() - start);
      expect(outcome).toMatchObject({ state: "confirmed", writes: 1 });
    }
  }
  return times;
};

const silentUdp = async (): Promise<Socket & Disposable> => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.close() });
};
const silentTcp = async (): Promise<{ readonly port: number } & AsyncDisposable> => {
  const server = createServer((socket) => void socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void server.close() };
};

const startHealthy = async (rig: EngineRig, stack: AsyncDisposableStack): Promise<{ readonly pdu: number; readonly web: number }> => {
  const pdu = stack.use(await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects()));
  const upsd: Upsd = stack.use(
    await startUpsd(peers.nut, {
      upses: { office: upsWithOutlet((name) => (upsd.driver("office").set({ "outlet.1.status": name.endsWith(".on") ? "on" : "off" }), 0)) },
    }),
  );
  const web = stack.use(await startIpmiSim(peers.ipmi, { sensors: simSensors(1), on: true }));
  rig.start("pdu", "snmp", { port: pdu.port, community: "public" });
  rig.start("ups", "nut", { port: upsd.port, ups: "office", ...nutAdmin });
  rig.start("web", "ipmi", { port: web.port, ...login });
  await rig.online(...healthy);
  return { pdu: pdu.port, web: web.port };
};

/** Dead, silent, slow and mad ones of each protocol beside the healthy ones; the slow ones become slow when they are online. */
const startTrouble = async (
  rig: EngineRig,
  stack: AsyncDisposableStack,
  ports: { readonly pdu: number; readonly web: number },
): Promise<{ sent(): readonly number[] }> => {
  let slowed = false;
  const slow = { act: (direction: string) => (slowed && direction === "answer" ? ({ delay: 4000 } as const) : ("pass" as const)) };
  const slowPdu = stack.use(await udpRelay({ to: { host: "127.0.0.1", port: ports.pdu }, ...slow }));
  const slowWeb = stack.use(await udpRelay({ to: { host: "127.0.0.1", port: ports.web }, ...slow }));
  const flooder = stack.use(await startProcess(process.execPath, [fileURLToPath(new URL("engine-flooder.ts", import.meta.url))], { ready: /^ports .*$/m }));
  const [, madSnmp, madIpmi, madNut] = /^ports (\d+) (\d+) (\d+)$/m.exec(flooder.output())?.map(Number) ?? [];
  const snmp = { dead: await freePort("udp"), silent: stack.use(await silentUdp()).address().port, slow: slowPdu.port, mad: madSnmp };
  const ipmi = { dead: await freePort("udp"), silent: stack.use(await silentUdp()).address().port, slow: slowWeb.port, mad: madIpmi };
  const nut = { dead: await freePort("tcp"), silent: stack.use(await silentTcp()).port, mad: madNut };
  for (const [kind, port] of Object.entries(snmp)) rig.start(`${kind}-snmp`, "snmp", { port, community: "public" });
  for (const [kind, port] of Object.entries(ipmi)) rig.start(`${kind}-ipmi`, "ipmi", { port, ...login });
  for (const [kind, port] of Object.entries(nut)) rig.start(`${kind}-nut`, "nut", { port, ups: "office", ...nutAdmin });
  await rig.online("slow-snmp", "slow-ipmi");
  slowed = true;
  return { sent: () => [...flooder.output().matchAll(/^sent (\d+) (\d+)$/gm)].at(-1)?.slice(1).map(Number) ?? [] };
};

describeWithPeer("neighbours of devices in trouble", together, () => {
  test("dead, silent, slow and flooding devices delay no other: polls go on, commands take what they took before", async () => {
    await using stack = new AsyncDisposableStack();
    const rig = stack.use(startEngine());
    const ports = await startHealthy(rig, stack);
    const before = await timeCommands(rig, 20);
    const trouble = await startTrouble(rig, stack, ports);
    await until(() => (trouble.sent()[0] ?? 0) > 2000 && rig.state("silent-snmp") === "offline", "the trouble has begun", 20_000);
    const polls = await countPolls(rig, 8);
    const during = await timeCommands(rig, 20);
    for (const id of healthy) {
      expect(polls[id], id).toBeGreaterThanOrEqual(6);
      expect(during[id]).toHaveLength(20);
      expect(median(during[id] ?? []), id).toBeLessThan(5 * median(before[id] ?? []) + 100);
      expect(rig.state(id)).toBe("online");
      expect(rig.lines.filter((line) => line.includes(` ${id}: `) && line.includes("WARN"))).toEqual([]);
    }
    const [datagrams = 0, bytes = 0] = trouble.sent();
    expect(datagrams).toBeGreaterThan(20_000);
    expect(bytes).toBeGreaterThan(10_000);
    const troubled = rig.store.devices().filter(({ id }) => id.includes("-"));
    expect(troubled).toHaveLength(11);
    expect(troubled.filter(({ id, connection }) => connection.state === "online" && !id.startsWith("slow")).map(({ id }) => id)).toEqual([]);
  });
});
