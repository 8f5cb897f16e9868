import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "./debian-peer.ts";
import { startProcess } from "./process.ts";

export interface UpsmonOptions {
  /** As in a MONITOR line: `ups@host:port`. */
  readonly system: string;
  readonly user: string;
  readonly password: string;
  readonly role: "primary" | "secondary";
  /** Further lines of upsmon.conf. */
  readonly settings?: string;
}

/** A real upsmon that shuts nothing down but itself. */
export interface Upsmon extends AsyncDisposable {
  /** NUT's words for what it has noticed: ONBATT, LOWBATT, FSD, … */
  notices(): readonly string[];
  /** Whether it has given its order to shut the machine down. */
  hasShutDown(): boolean;
  output(): string;
}

const kinds = ["ONLINE", "ONBATT", "LOWBATT", "FSD", "COMMOK", "COMMBAD", "SHUTDOWN", "REPLBATT", "NOCOMM", "NOPARENT"] as const;

/** `order`: a file to which its role is added when it gives the order to shut down. */
export const startUpsmon = async (peer: Peer, order: string, { system, user, password, role, settings = "" }: UpsmonOptions): Promise<Upsmon> => {
  const folder = mkdtempSync(join(tmpdir(), "upsmon-"));
  const heard = join(folder, "heard");
  const script = join(folder, "notify");
  mkdirSync(join(folder, "run"), { mode: 0o700 });
  writeFileSync(script, `#!/bin/sh\necho "$NOTIFYTYPE" >> ${heard}\n`, { mode: 0o700 });
  const lines = [
    `MONITOR ${system} 1 ${user} ${password} ${role}`,
    "MINSUPPLIES 1",
    `SHUTDOWNCMD "echo ${role} >> ${order}"`,
    `NOTIFYCMD ${script}`,
    "POLLFREQ 1",
    "POLLFREQALERT 1",
    "HOSTSYNC 10",
    "DEADTIME 15",
    "FINALDELAY 0",
    `POWERDOWNFLAG ${join(folder, "killpower")}`,
    // Without this it writes to everybody's terminal.
    ...kinds.map((kind) => `NOTIFYFLAG ${kind} EXEC`),
    settings,
    "",
  ];
  writeFileSync(join(folder, "upsmon.conf"), lines.join("\n"), { mode: 0o600 });
  const state = join(folder, "run");
  const asRoot = process.getuid?.() === 0 ? ["-u", "root"] : [];
  // -p: one process; else the half that may shut down stays behind.
  const running = await startProcess(peer.bin("upsmon"), [...asRoot, "-p", "-F", "-D"], {
    env: { ...peer.env, NUT_CONFPATH: folder, NUT_STATEPATH: state, NUT_PIDPATH: state, NUT_ALTPIDPATH: state },
  });
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  return {
    notices: () => read(heard).split("\n").slice(0, -1),
    hasShutDown: () => read(order).split("\n").includes(role),
    output: () => running.output(),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
