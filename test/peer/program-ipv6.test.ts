import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { DeviceView } from "#publish/rest/device-view.ts";
import { upsWithOutlet } from "./engine-rig.ts";
import { startMachine, type TestMachine } from "./ipmi-machine.ts";
import { describeWithIpv6 } from "./ipv6.ts";
import { startMosquitto } from "./mosquitto.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { freePort } from "./port.ts";
import { startProcess, type RunningProcess } from "./process.ts";
import { keys, listen, type Listener } from "./program-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpd, type Snmpd } from "./snmpd.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({
  snmpd: debianPackages("snmpd"),
  snmp: debianPackages("snmp"),
  nut: debianPackages("nut-server"),
  mosquitto: debianPackages("mosquitto"),
});
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const login = "authentication: { protocol: SHA, key: authpass12 }, privacy: { protocol: AES, key: privpass12 }";

describeWithPeer("the whole program by IPv6", together, () => {
  describeWithIpv6("with no IPv4 address in its configuration", () => {
    const stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "rack-power-ipv6-"));
    const file = join(folder, "rack-power.yaml");
    let url: string;
    let snmpd: Snmpd;
    let bmc: TestMachine;
    let program: RunningProcess;
    let ear: Listener;

    const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(url + path, { ...init, headers: { "x-api-key": keys.all, "content-type": "application/json" } });
    const device = async (id: string): Promise<DeviceView> => (await (await ask(`/api/v1/devices/${id}`)).json()) as DeviceView;
    const drive = async (id: string, part: string, command: string): Promise<unknown> =>
      (await ask(`/api/v1/devices/${id}/parts/${part}/commands`, { method: "POST", body: JSON.stringify({ command }) })).json();

    beforeAll(async () => {
      const [nutPort, brokerPort, restPort] = [await freePort("tcp"), await freePort("tcp"), await freePort("tcp")];
      url = `http://[::1]:${restPort}`;
      snmpd = stack.use(await startSnmpd(peers.snmpd, peers.snmp, "::1"));
      bmc = stack.use(await startMachine({ host: "::1" }));
      stack.use(await startUpsd(peers.nut, { upses: { office: upsWithOutlet(() => 0) }, settings: async () => `LISTEN ::1 ${nutPort}\n` }));
      stack.use(await startMosquitto(peers.mosquitto, { more: `listener ${brokerPort} ::1` }));
      ear = stack.use(await listen(`mqtt://[::1]:${brokerPort}`));
      writeFileSync(
        file,
        `mqtt: { url: "mqtt://[::1]:${brokerPort}" }
rest: { listen: "[::1]:${restPort}", keys: [ { name: tests, key: ${keys.all}, scopes: [admin] } ] }
devices:
  ups: { driver: nut, host: ::1, port: ${nutPort}, ups: office, interval: 1s }
  pdu: { driver: snmp, host: [::1], port: ${snmpd.port}, version: 3, user: sha, ${login}, interval: 1s }
  bmc: { driver: ipmi, host: "[::1]", port: ${bmc.port}, username: ADMIN, password: ADMIN, interval: 1s }
`,
      );
      program = stack.use(
        await startProcess(process.execPath, [main, "run", "--config", file], { ready: async () => (await ask("/api/v1/health")).status === 200 }),
      );
    });
    afterAll(async () => {
      await stack.disposeAsync();
      rmSync(folder, { recursive: true, force: true });
    });

    test("upsd, snmpd and a BMC come online, and their states are at the broker", async () => {
      const all = async (): Promise<boolean> => (await Promise.all(["ups", "pdu", "bmc"].map(device))).every(({ connection }) => connection.state === "online");
      await until(all, `all online:\n${program.output()}`, 20_000);
      for (const topic of ["rack-power/ups/ups", "rack-power/pdu/outlet/5", "rack-power/bmc/chassis"])
        await until(() => ear.last(topic) !== undefined, `a state at ${topic}`, 10_000);
    });

    test("commands by REST and by MQTT reach the devices", async () => {
      expect(await drive("pdu", "outlet/5", "outlet.off")).toMatchObject({ state: "confirmed", writes: 1 });
      expect(await drive("bmc", "chassis", "chassis.on")).toMatchObject({ state: "confirmed", writes: 1 });
      expect(bmc.journal).toEqual(["on"]);
      await ear.client.publishAsync("rack-power/pdu/outlet/5/command", "outlet.on", { qos: 1 });
      await until(() => snmpd.writes().length === 2, "the second write", 10_000);
      expect(snmpd.writes()).toEqual(["9.2.4.1.5.5 2", "9.2.4.1.5.5 1"]);
    });

    test("the command line finds the program by its configuration", async () => {
      await using cli = await startProcess(process.execPath, [main, "devices", "--config", file]);
      expect([await cli.ended, cli.output()]).toEqual([0, expect.stringMatching(/^pdu +online/m)]);
    });
  });
});
