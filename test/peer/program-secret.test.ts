import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { startMosquitto } from "./mosquitto.ts";
import { keys, listen, prepareProgram } from "./program-rig.ts";
import { freePort } from "./port.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpd } from "./snmpd.ts";
import { findSecrets } from "./spelling.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({
  snmpd: debianPackages("snmpd"),
  snmp: debianPackages("snmp"),
  nut: debianPackages("nut-server"),
  ipmi: debianPackages("openipmi"),
  mosquitto: debianPackages("mosquitto"),
});

/** One for each place in a configuration where a secret may stand, or may stand by mistake. Odd signs are spelt otherwise in JSON, in URLs and in base64. */
const canaries = {
  mqtt: 'canary-mqtt "quoted" \\ß+/=',
  nut: "canary nut = horse/ä",
  wrongNut: "canary-wrong-nut-password",
  community: "canary-community&co",
  authentication: "canary-authentication-key",
  privacy: "canary-privacy-key",
  ipmi: "canary-ipmi-pass",
  bmcKey: "canary-bmc-key-1",
  misspelt: "canary-in-a-misspelt-key",
  lostColon: "canary-that-lost-its-colon",
  lostInMap: "canary-that-became-a-key",
  wrongType: "canary-where-a-port-belongs",
  tooLong: "canary-that-is-longer-than-a-bmc-takes",
  environment: "canary-of-the-environment",
} as const;

const paths = [
  "/api/v1/devices",
  "/api/v1/devices/ups",
  "/api/v1/outcomes?limit=100",
  "/api/v1/health",
  "/api/v1/openapi.json",
  "/metrics",
  "/api/v1/devices/misspelt",
  "/api/v1/devices/v3",
  "/api/v1/devices/bmc",
] as const;

const everyFile = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

const quoted = (text: string): string => JSON.stringify(text);

describeWithPeer("secrets of the configuration", together, () => {
  test("leave the program nowhere: not by its log, its API, the broker, its arguments or its database", async () => {
    await using broker = await startMosquitto(peers.mosquitto, { users: { rack: canaries.mqtt, ear: "ear" } });
    await using upsd = await startUpsd(peers.nut, { upses: { office: { variables: { "ups.status": "OL" }, commands: ["beeper.mute"] } } });
    await using snmpd = await startSnmpd(peers.snmpd, peers.snmp);
    await using bmc = await startIpmiSim(peers.ipmi, { sensors: simSensors(1) });
    await using ear = await listen(`mqtt://ear:ear@127.0.0.1:${broker.port}`);
    const nut = `driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: office, interval: 1s`;
    const v3 = `driver: snmp, host: 127.0.0.1, port: ${snmpd.port}, version: 3, user: sha, timeout: 1`;
    const ipmi = `driver: ipmi, host: 127.0.0.1, port: ${bmc.port}, username: ADMIN`;
    const dead = await freePort("udp");
    const configuration = (port: number, password: string): string => `mqtt: { url: "mqtt://127.0.0.1:${broker.port}", username: rack, password: !secret mqtt }
rest: { listen: "127.0.0.1:${port}", keys: [ { name: tests, key: ${keys.all}, scopes: [admin] }, { name: env, key: !env RACK_KEY, scopes: [read] } ] }
data: ./data
log: debug
devices:
  ups: { ${nut}, username: admin, password: "${password}" }
  silent: { driver: snmp, host: 127.0.0.1, port: ${dead}, community: ${quoted(canaries.community)}, timeout: 0.5 }
  refused: { driver: snmp, host: 127.0.0.1, port: ${snmpd.port}, community: ${quoted(canaries.community)}, timeout: 0.5 }
  v3: { ${v3}, authentication: { protocol: SHA, key: ${canaries.authentication} }, privacy: { protocol: AES, key: ${canaries.privacy} } }
  bmc: { ${ipmi}, password: ${canaries.ipmi}, key: ${canaries.bmcKey} }
  stranger: { ${nut}, username: admin, password: !secret nut }
  misspelt: { ${nut}, username: admin, pasword: ${canaries.misspelt} }
  wrong-type: { driver: nut, host: 127.0.0.1, port: ${canaries.wrongType}, ups: office }
  too-long: { ${ipmi}, password: ${canaries.tooLong} }
  lost-colon: password ${canaries.lostColon}
  lost-in-map: { ${nut}, username: admin, password ${canaries.lostInMap} }
`;
    await using program = await prepareProgram((port) => configuration(port, canaries.wrongNut), { RACK_KEY: canaries.environment });
    writeFileSync(join(program.folder, "secrets.yaml"), `mqtt: ${quoted(canaries.mqtt)}\nnut: ${quoted(canaries.nut)}\n`);
    await program.start();
    await until(() => ear.last("rack-power/status") === "online", "online", 15_000);
    const state = async (id: string): Promise<string> => (await program.device(id)).connection.state;
    await until(
      async () => (await Promise.all(["silent", "refused", "v3", "bmc"].map(state))).every((one) => one === "offline"),
      "all have failed in their ways",
      20_000,
    );
    expect(await Promise.all(["ups", "stranger", "misspelt", "wrong-type", "too-long", "lost-colon", "lost-in-map"].map(state))).toEqual([
      "online",
      "online",
      ...Array.from({ length: 5 }, () => "quarantined"),
    ]);
    expect(await program.command("ups", "ups", "ups.beeperMute")).toMatchObject({ status: 502 });
    expect(await program.ask("/api/v1/devices", { key: canaries.environment })).toMatchObject({ status: 200 });

    // The wrong file while it runs, too; and a broken one.
    program.write(configuration(program.port, canaries.wrongNut).replace("data: ./data", `data: [\n  password: ${canaries.lostColon}`));
    const refused = await program.ask("/api/v1/reload", { method: "POST" });
    expect(refused.status).toBe(422);
    program.write(configuration(program.port, canaries.wrongNut).replace(`password: "${canaries.wrongNut}"`, `password: [ ${canaries.wrongNut} ]`));
    const accepted = await program.ask("/api/v1/reload", { method: "POST" });
    expect(accepted).toMatchObject({ status: 200 });
    const check = await program.cli("check");
    expect(check.output).toContain("misspelt");
    const list = await program.cli("devices");
    expect(list.code).toBe(0);

    const answers = await Promise.all(
      paths.map(async (path) => await (await fetch(`http://127.0.0.1:${program.port}${path}`, { headers: { "x-api-key": keys.all } })).text()),
    );
    const cmdline = readFileSync(`/proc/${program.pid}/cmdline`, "utf8");
    const { pid } = program;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(await program.kill("SIGTERM")).toBe(0);
    const left = {
      log: program.output(),
      api: [...answers, JSON.stringify([refused, accepted])].join("\n"),
      broker: ear.messages.map(({ topic, text }) => `${topic} ${text}`).join("\n"),
      arguments: cmdline + status,
      commandLine: check.output + list.output,
      database: everyFile(join(program.folder, "data")),
    };
    for (const [where, text] of Object.entries(left)) expect(text.length, where).toBeGreaterThan(60);
    const { found, searched } = findSecrets(left, { ...canaries, apiKey: keys.all });
    expect(found).toEqual([]);
    expect(searched).toBe(6 * 15 * 5);
    expect(left.log).toContain("DEBUG");
    expect(left.broker).toContain("rack-power_ups");
  });
});
