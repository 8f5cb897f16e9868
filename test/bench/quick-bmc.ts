import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emulatorCommands, sdrSource, simSensors } from "../peer/ipmi-sim-sensor.ts";
import { fruImage } from "../peer/ipmi-fru-image.ts";
import { hasDcmi } from "../peer/ipmi-sim.ts";
import { freePort } from "../peer/port.ts";
import { startProcess } from "../peer/process.ts";
import type { Peer } from "../peer/provision.ts";
import { run } from "../peer/run.ts";

export interface QuickBmc extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/**
 * ipmi_sim as a machine that is a process: it is on while that runs. The tests' machine is a script, which ipmi_sim starts anew at each question of
 * its power; the two milliseconds that it takes would be measured here as caches that went cold meanwhile.
 */
const configuration = (port: number, console: number, plugin: string | undefined, folder: string): string => `name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback md5
    allowed_auths_user md5
    allowed_auths_operator md5
    allowed_auths_admin md5
    guid a123456789abcdefa123456789abcdef
  endlan
  serial 15 127.0.0.1 ${console} codec VM
  startcmd "/bin/sh ${folder}/machine"
  startnow true
  user 1 false "" "" user 10 md5
  user 2 true "ADMIN" "ADMIN" admin 10 md5
${plugin === undefined ? "" : `loadlib "${plugin}" "${folder}/watts 60"\n`}`;

/** User ADMIN, password ADMIN; switched on, with so many sensors, and DCMI where the machine has a C compiler. */
export const startQuickBmc = async (peer: Peer, count: number): Promise<QuickBmc> => {
  const sensors = simSensors(count);
  const folder = mkdtempSync(join(tmpdir(), "rack-power-bench-"));
  const records = join(folder, "state/ipmi_sim/sim");
  mkdirSync(records, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("sdrs", sdrSource(sensors));
  await run(peer.bin("sdrcomp"), ["-8", "-o", join(records, "sdr.20.main"), join(folder, "sdrs")], { env: peer.env });
  write("emu", emulatorCommands(sensors, 4753, fruImage("Rig & Co", "RigServer", "SN1001"), folder));
  // Ends with ipmi_sim, and holds none of its pipes.
  write("machine", "exec tail --pid=$PPID -f /dev/null > /dev/null 2>&1\n");
  write("watts", "187\n");
  sensors.forEach(({ raw }, index) => write(`sensor-${index + 1}`, `${raw}\n`));
  const port = await freePort("udp");
  write("lan.conf", configuration(port, await freePort("tcp"), hasDcmi(peer) ? join(peer.root, "dcmi.so") : undefined, folder));
  const process = await startProcess(peer.bin("ipmi_sim"), ["-n", "-c", join(folder, "lan.conf"), "-f", join(folder, "emu"), "-s", join(folder, "state")], {
    env: peer.env,
  });
  return {
    host: "127.0.0.1",
    port,
    [Symbol.asyncDispose]: async () => {
      await process.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
