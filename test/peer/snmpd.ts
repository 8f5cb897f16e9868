import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "./port.ts";
import { startProcess, type RunningProcess } from "./process.ts";
import type { Peer } from "./provision.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

export interface Snmpd extends AsyncDisposable {
  readonly port: number;
  /** Writes that reached the outlets' script, as `object value`. */
  writes(): readonly string[];
  /** What the script answers to a write instead of obeying, such as `commit-failed`; undefined: it obeys. */
  answerWritesWith(word: string | undefined): void;
  /** Killed and started again. With `forgetful` it has lost the counter of its starts, as a card whose memory was cleared. */
  restart(forgetful?: boolean): Promise<void>;
}

const script = fileURLToPath(new URL("snmp-outlets.py", import.meta.url));

const configuration = (port: number, folder: string, starts: number, also: string): string => `
agentaddress udp:127.0.0.1:${port}${also === "" ? "" : `,udp6:[${also}]:${port}`}
rocommunity public 127.0.0.0/8
rwcommunity private 127.0.0.0/8
exactEngineID 0x80001f8804726163
oldEngineID 0x80001f8804726163
engineBoots ${starts}
createUser plain
createUser md5 MD5 authpass12
createUser sha SHA authpass12 AES privpass12
createUser sha224 SHA-224 authpass12 AES privpass12
createUser sha256 SHA-256 authpass12 AES privpass12
createUser sha384 SHA-384 authpass12 AES privpass12
createUser sha512 SHA-512 authpass12 AES privpass12
createUser looker SHA authpass12 AES privpass12
rouser plain noauth
rwuser md5 auth
rwuser sha priv
rwuser sha224 priv
rwuser sha256 priv
rwuser sha384 priv
rwuser sha512 priv
rouser looker priv
sysObjectID .1.3.6.1.4.1.318.1.3.4.6
pass_persist .1.3.6.1.4.1.318.1.1.26 /usr/bin/python3 -u ${script} ${folder}
`;

/**
 * Net-SNMP's agent with a switched PDU of eight outlets; users of version 3 are named after their authentication.
 * `also`: an IPv6 address at which it listens too, on the same port.
 */
export const startSnmpd = async (peer: Peer, snmpget: Peer, also = ""): Promise<Snmpd> => {
  const folder = mkdtempSync(join(tmpdir(), "snmpd-"));
  const port = await freePort("udp");
  mkdirSync(join(folder, "persist"));
  const start = (starts: number): Promise<RunningProcess> => {
    // With -C it reads no file of its own, so it is told how often it has been started.
    writeFileSync(join(folder, "snmpd.conf"), configuration(port, folder, starts, also));
    return startProcess(peer.bin("snmpd"), ["-f", "-C", "-c", join(folder, "snmpd.conf"), "-Le", "-I", "-smux,mteTrigger,mteTriggerConf,disk,diskio,ifTable"], {
      env: { ...peer.env, SNMP_PERSISTENT_DIR: join(folder, "persist") },
      ready: async () =>
        (
          await run(snmpget.bin("snmpget"), ["-v2c", "-c", "public", "-t0.3", "-r0", `127.0.0.1:${port}`, ".1.3.6.1.4.1.318.1.1.26.2.1.8.1"], {
            env: snmpget.env,
          })
        ).includes("AP8641"),
    });
  };
  let starts = 5;
  let running = await start(starts);
  const log = join(folder, "writes.log");
  return {
    port,
    writes: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []),
    answerWritesWith: (word) => (word === undefined ? rmSync(join(folder, "answer"), { force: true }) : writeFileSync(join(folder, "answer"), word)),
    restart: async (forgetful = false) => {
      running.kill("SIGKILL");
      await running.ended;
      starts = forgetful ? 0 : starts + 1;
      await until(async () => ((running = await start(starts)), true), "snmpd is back", 10_000);
    },
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
