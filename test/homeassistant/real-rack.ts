import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { readTable } from "#test/driver/profile-table.ts";
import { startIpmiSim, type IpmiSim } from "#test/peer/ipmi-sim.ts";
import { startUpsd, type Upsd } from "#test/peer/nut-server-rig.ts";
import { startProcess, type RunningProcess } from "#test/peer/process.ts";
import { debianPackages, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { startSnmpsim, type Snmpsim } from "#test/peer/snmpsim.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

type PeerName = "mosquitto" | "upsd" | "snmpsim" | "snmp" | "ipmi" | "core";

/** Every peer that these tests need. */
export const provisionRack = (): ReturnType<typeof gatherPeers<PeerName>> =>
  gatherPeers({
    mosquitto: debianPackages("mosquitto"),
    upsd: debianPackages("nut-server"),
    snmpsim: debianPackages("snmpsim"),
    snmp: debianPackages("snmp"),
    ipmi: debianPackages("openipmi"),
    core: pythonPackages("homeassistant"),
  });

/** A UPS behind upsd, a PDU by snmpsim and a BMC by ipmi_sim: what reached them is the truth that tests look at. */
export interface RealRack extends AsyncDisposable {
  readonly upsd: Upsd;
  readonly pdu: Snmpsim;
  readonly bmc: IpmiSim;
  /** Every write that any of them has seen. */
  writes(): readonly string[];
}

export const startRealRack = async (peers: Awaited<ReturnType<typeof provisionRack>>["peers"]): Promise<RealRack> => {
  const table = readTable(readFileSync(join(root, "src/profile/apc-rack-pdu-2g/table.yaml"), "utf8"));
  await using starting = new AsyncDisposableStack();
  const variables = {
    "ups.status": "OL",
    "ups.mfr": "Rig",
    "ups.model": "R1500",
    "ups.serial": "U1",
    "ups.load": "23",
    "ups.realpower": "120",
    "battery.charge": "97",
    "battery.runtime": "1800",
    "input.voltage": "230.4",
    "ups.beeper.status": "enabled",
  };
  const upsd = starting.use(
    await startUpsd(peers.upsd, { upses: { office: { variables, commands: ["beeper.disable", "beeper.enable", "test.battery.start.quick"] } } }),
  );
  const pdu = starting.use(await startSnmpsim(peers.snmpsim, peers.snmp, table.objects));
  const bmc = starting.use(await startIpmiSim(peers.ipmi, { on: true }));
  const running = starting.move();
  return {
    upsd,
    pdu,
    bmc,
    writes: () => [...upsd.driver("office").given, ...pdu.writes(), ...bmc.journal()],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};

export interface ProgramUnderTest extends AsyncDisposable {
  readonly process: RunningProcess;
  /** Writes another configuration and starts anew with it. */
  restart(signal: "SIGTERM" | "SIGKILL", configuration?: string): Promise<void>;
  start(): Promise<void>;
  kill(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** What it has written since it was made. */
  output(): string;
}

/** The program itself, as a process of its own, on a configuration in a folder of its own. */
export const startProgram = async (
  configuration: string,
  ready: (output: string) => boolean = (output) => output.includes("connected to"),
): Promise<ProgramUnderTest> => {
  const folder = mkdtempSync(join(tmpdir(), "rack-power-"));
  const file = join(folder, "rack-power.yaml");
  writeFileSync(file, configuration);
  let before = "";
  const begin = (): Promise<RunningProcess> => {
    const started = startProcess(process.execPath, [join(root, "src/main.ts"), "run", "--config", file], { cwd: folder, ready: (output) => ready(output) });
    return started;
  };
  let running = await begin();
  const kill = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    running.kill(signal);
    await running.ended;
    before += running.output();
  };
  return {
    get process() {
      return running;
    },
    kill,
    start: async () => {
      running = await begin();
    },
    restart: async (signal, next) => {
      await kill(signal);
      if (next !== undefined) writeFileSync(file, next);
      running = await begin();
    },
    output: () => before + running.output(),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
