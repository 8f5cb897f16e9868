import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "./debian-peer.ts";
import { freePort } from "./port.ts";
import { type RunningProcess, startProcess } from "./process.ts";
import { run } from "./run.ts";

/** How apcupsd gets at its UPS. */
export interface Ups {
  readonly type: "test" | "net" | "snmp" | "dumb";
  readonly device?: string;
  /** Further lines of apcupsd.conf. */
  readonly settings?: readonly string[];
}

/** A real apcupsd that runs without hardware. */
export interface Apcupsd extends AsyncDisposable {
  readonly port: number;
  readonly process: RunningProcess;
  /** What `apcaccess status` prints: the text of each field by its name. */
  access(): Promise<ReadonlyMap<string, string>>;
}

/** With a folder of its own for all that it writes and runs, as it would else shut this machine down. */
const configuration = (folder: string, port: number, { type, device = "/dev/null", settings = [] }: Ups): string =>
  [
    "## apcupsd.conf v1.1 ##",
    "UPSNAME rig",
    `UPSTYPE ${type}`,
    `UPSCABLE ${type === "net" ? "ether" : "simple"}`,
    `DEVICE ${device}`,
    "POLLTIME 1",
    `LOCKFILE ${folder}`,
    `SCRIPTDIR ${folder}`,
    `PWRFAILDIR ${folder}`,
    `NOLOGINDIR ${folder}`,
    `EVENTSFILE ${folder}/events`,
    `STATFILE ${folder}/status`,
    "ONBATTERYDELAY 1",
    "BATTERYLEVEL -1",
    "MINUTES -1",
    "TIMEOUT 0",
    "NOLOGON disable",
    "KILLDELAY 0",
    "NETSERVER on",
    "NISIP 127.0.0.1",
    `NISPORT ${port}`,
    "UPSCLASS standalone",
    "UPSMODE disable",
    "STATTIME 0",
    ...settings,
    "",
  ].join("\n");

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

/** `at`: the port of one that has ended, to take its place. */
export const startApcupsd = async (peer: Peer, ups: Ups, at?: number): Promise<Apcupsd> => {
  const folder = mkdtempSync(join(tmpdir(), "apcupsd-"));
  const port = at ?? (await freePort("tcp"));
  writeFileSync(join(folder, "apccontrol"), "#!/bin/sh\nexit 0\n");
  chmodSync(join(folder, "apccontrol"), 0o755);
  const file = join(folder, "apcupsd.conf");
  writeFileSync(file, configuration(folder, port, ups));
  // It listens before it has asked its UPS for the first time, and knows nothing until then.
  const process = await startProcess(peer.bin("apcupsd"), ["-b", "-f", file, "-P", join(folder, "pid")], { env: peer.env, ready: () => answers(port) });
  return {
    port,
    process,
    access: async () => {
      const text = await run(peer.bin("apcaccess"), ["-h", `127.0.0.1:${port}`], { env: peer.env });
      return new Map(text.split("\n").flatMap((line) => (line.includes(":") ? [[line.slice(0, 9).trim(), line.slice(10).trim()] as const] : [])));
    },
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
