import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../cli/cli-rig.ts";
import { makeFolder } from "../config/fixture.ts";
import { freePort } from "./port.ts";
import { startProcess } from "./process.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";
import { startSnmpd } from "./snmpd.ts";

const [snmpsim, snmpd, client] = await Promise.all([debianPackages("snmpsim"), debianPackages("snmpd"), debianPackages("snmp")]);
const host = "127.0.0.1";

describeWithPeer("record and replay", [snmpsim, snmpd, client].find((peer) => !peer.ok) ?? snmpsim, (peer) => {
  test("what is recorded of a real agent, snmpsim reads and answers as it was", async () => {
    if (!snmpd.ok || !client.ok) throw new Error("provisioned together");
    await using agent = await startSnmpd(snmpd, client);
    await using folder = await makeFolder("");
    const record = async (port: number, name: string): Promise<readonly string[]> => {
      const file = join(folder.path, name);
      expect(await runCli(["record", host, "--set", `port=${port}`, "--output", file])).toMatchObject({ code: 0 });
      return (await readFile(file, "utf8")).trimEnd().split("\n");
    };
    await mkdir(join(folder.path, "data"));
    await mkdir(join(folder.path, "cache"));
    const original = await record(agent.port, "data/public.snmprec");
    const port = await freePort("udp");
    const identity = process.getuid?.() === 0 ? ["--process-user=root", "--process-group=root"] : [];
    const folders = [`--cache-dir=${join(folder.path, "cache")}`, `--data-dir=${join(folder.path, "data")}`];
    await using _simulator = await startProcess(
      peer.bin("snmpsimd"),
      [...identity, "--logging-method=null", ...folders, `--agent-udpv4-endpoint=${host}:${port}`],
      {
        env: { ...peer.env, HOME: folder.path },
        cwd: folder.path,
        ready: async () =>
          (
            await run(client.bin("snmpget"), ["-v2c", "-c", "public", "-t0.3", "-r0", `${host}:${port}`, ".1.3.6.1.4.1.318.1.1.26.2.1.8.1"], {
              env: client.env,
            })
          ).includes("AP8641"),
      },
    );
    const replayed = await record(port, "replayed.snmprec");
    expect(replayed).toEqual(original);
    expect(original.length).toBeGreaterThan(50);
    const identified = await runCli(["identify", host, "--driver", "snmp", "--set", `port=${port}`]);
    expect(identified.out).toMatch(/^snmp: APC AP8641/m);
  });
});
