import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fruImage } from "./ipmi-fru-image.ts";
import { emulatorCommands, sdrSource, type SimSensor, simSensors } from "./ipmi-sim-sensor.ts";
import { freePort } from "./port.ts";
import { type RunningProcess, startProcess } from "./process.ts";
import type { Peer } from "./provision.ts";
import { run } from "./run.ts";

export interface SimOptions {
  readonly sensors?: readonly SimSensor[];
  /** Enterprise number of the maker; 4753 is nobody's that we know. */
  readonly maker?: number;
  readonly on?: boolean;
  /** Answers DCMI, by our plug-in. */
  readonly dcmi?: boolean;
  /** K_g as hexadecimal digits. */
  readonly bmcKey?: string;
  /** Packs names of capitals and digits into six bits each. */
  readonly sixBit?: boolean;
}

/** A BMC by OpenIPMI's ipmi_sim, users ADMIN/ADMIN (administrator), oper/operpw, viewer/viewpw; cipher suite 3 is its best. */
export interface IpmiSim extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly sensors: readonly SimSensor[];
  /** What reached the machine: `power 1`, `reset 1`, `shutdown 1`, … */
  journal(): readonly string[];
  on(): boolean;
  setOn(on: boolean): void;
  setWatts(watts: number): void;
  setRaw(sensor: string, raw: number): void;
  /** Makes the chassis program `broken` or `deaf`. */
  place(fault: "broken" | "deaf"): void;
  signal(signal: NodeJS.Signals): void;
  /** Kills it and starts it again: all sessions are gone. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** RMCP presence ping: is anybody there. */
const isThere = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket("udp4");
    const finish = (there: boolean): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => undefined);
      socket.close();
      resolve(there);
    };
    const timer = setTimeout(finish, 200, false);
    socket.once("message", () => finish(true)).once("error", () => finish(false));
    socket.send(Buffer.from("0600ff06000011be80010000", "hex"), port, "127.0.0.1");
  });

const lanConfiguration = (port: number, folder: string, { dcmi, bmcKey }: SimOptions, plugin: string): string => `name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback md5
    allowed_auths_user md5
    allowed_auths_operator md5
    allowed_auths_admin md5
    guid a123456789abcdefa123456789abcdef
${bmcKey === undefined ? "" : `    bmc_key "${bmcKey}"\n`}  endlan
  chassis_control "/bin/sh ${join(import.meta.dirname, "ipmi-chassis.sh")} ${folder}"
  user 1 false "" "" user 10 md5
  user 2 true "ADMIN" "ADMIN" admin 10 md5
  user 3 true "oper" "operpw" operator 10 md5
  user 4 true "viewer" "viewpw" user 10 md5
${dcmi ? `loadlib "${plugin}" "${folder}/watts 60"\n` : ""}`;

/** True when DCMI can be had: the machine has a C compiler. */
export const hasDcmi = (peer: Peer): boolean => existsSync(join(peer.root, "dcmi.so"));

export const startIpmiSim = async (peer: Peer, options: SimOptions = {}): Promise<IpmiSim> => {
  const sensors = options.sensors ?? simSensors(59);
  const folder = mkdtempSync(join(tmpdir(), "ipmi-sim-"));
  const port = await freePort("udp");
  const records = join(folder, "state/ipmi_sim/sim");
  mkdirSync(records, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("sdrs", sdrSource(sensors));
  await run(peer.bin("sdrcomp"), [...(options.sixBit ? [] : ["-8"]), "-o", join(records, "sdr.20.main"), join(folder, "sdrs")], { env: peer.env });
  write("emu", emulatorCommands(sensors, options.maker ?? 4753, fruImage("Rig & Co", "RigServer", "SN1001"), folder));
  write("lan.conf", lanConfiguration(port, folder, options, join(peer.root, "dcmi.so")));
  write("power", options.on ? "1\n" : "0\n");
  write("watts", "187\n");
  sensors.forEach(({ raw }, index) => write(`sensor-${index + 1}`, `${raw}\n`));
  const start = (): Promise<RunningProcess> =>
    startProcess(peer.bin("ipmi_sim"), ["-n", "-c", join(folder, "lan.conf"), "-f", join(folder, "emu"), "-s", join(folder, "state")], {
      env: peer.env,
      ready: () => isThere(port),
    });
  let process = await start();
  const stop = async (): Promise<void> => {
    process.kill("SIGKILL");
    await process.ended;
  };
  return {
    host: "127.0.0.1",
    port,
    sensors,
    journal: () => (existsSync(join(folder, "journal")) ? readFileSync(join(folder, "journal"), "utf8").trim().split("\n") : []),
    on: () => readFileSync(join(folder, "power"), "utf8").trim() === "1",
    setOn: (on) => write("power", on ? "1\n" : "0\n"),
    setWatts: (watts) => write("watts", `${watts}\n`),
    setRaw: (name, raw) => write(`sensor-${sensors.findIndex((sensor) => sensor.name === name) + 1}`, `${raw}\n`),
    place: (fault) => write(fault, ""),
    signal: (signal) => process.kill(signal),
    stop,
    restart: async () => {
      await stop();
      process = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
