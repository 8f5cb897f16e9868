import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { startBmc } from "#simulator/bmc/server.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { prepareAddon, type AddonRig } from "#test/peer/addon-rig.ts";
import { startHomeAssistant, type HomeAssistant, type LogEntry } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { keys, listen, type Listener } from "#test/peer/program-rig.ts";
import { simulatedPdu, type RecordedPdu } from "#test/peer/snmp-pdu.ts";
import { findSecrets } from "#test/peer/spelling.ts";
import { until } from "#test/peer/until.ts";
import type { IngressUser } from "./supervisor-ingress.ts";
import { acceptOffer, act, askCore, companionIntegrations, offers, postCore, tellCore } from "./rack-power-entry.ts";

const { together, peers } = await gatherPeers({ mosquitto: debianPackages("mosquitto"), core: pythonPackages("homeassistant") });

const host = "127.0.0.1";
/** Those that a person gives; programs make others. */
const canaries = {
  community: "canary-community-order",
  broker: "canary-broker-addons",
  coresBroker: "canary-broker-core",
  bmc: "canary-bmc-order",
  nut: "canary/nut=order",
} as const;
const { community } = canaries;
const users = { addons: canaries.broker, core: canaries.coresBroker } as const;
/** All that can be read. */
const paths = [
  ...["health", "devices", "devices/rack-pdu", "devices/web", "outcomes?limit=100", "repairs", "entities", "openapi.json"].map((name) => `/api/v1/${name}`),
  "/metrics",
] as const;
const outlet = "switch.rack_pdu_outlet_2";
const api = "binary_sensor.rack_power_api";
/** A lamp of Home Assistant's own, which is a device of ours too. */
const lamp = `
told_by_supervisor:
logbook:
system_health:
input_boolean: { lamp: { name: Lamp } }
template:
  - switch:
      - name: Lamp
        unique_id: lamp
        state: "{{ is_state('input_boolean.lamp', 'on') }}"
        turn_on: [{ action: input_boolean.turn_on, target: { entity_id: input_boolean.lamp } }]
        turn_off: [{ action: input_boolean.turn_off, target: { entity_id: input_boolean.lamp } }]
`;
interface Ports {
  readonly pdu: number;
  readonly bmc: number;
  readonly nut: number;
}
const configuration = ({ pdu, bmc, nut }: Ports, more = ""): string => `devices:
  rack-pdu: { driver: snmp, host: ${host}, port: ${pdu}, community: !secret pdu, name: Rack PDU, interval: 1s, parts: { outlet/1: { lock: locked } } }
  web: { driver: ipmi, host: ${host}, port: ${bmc}, username: admin, password: !secret bmc, interval: 1s }
  ups: { driver: nut, host: ${host}, port: ${nut}, ups: office, username: admin, password: !secret nut, interval: 1s }
  lamp: { driver: home-assistant, switch: switch.lamp, power: none }
  same-lamp: { driver: home-assistant, url: !secret url, token: !secret token, switch: switch.lamp, power: none }
${more}`;

describeWithPeer("the add-on, the broker and a real Home Assistant, whatever starts first", together, () => {
  let broker: Mosquitto;
  let core: HomeAssistant;
  let rig: AddonRig;
  let pdu: RecordedPdu;
  let ports: Ports;
  let ear: Listener;
  const devices = new AsyncDisposableStack();
  let entry = "";
  const logged: LogEntry[] = [];

  const startAddon = async (): Promise<void> => {
    await rig.program.start();
    await until(
      () => rig.program.output().lastIndexOf("knows where to find us") > rig.program.output().lastIndexOf("stopped"),
      "the Supervisor is told",
      20_000,
    );
  };

  beforeAll(async () => {
    pdu = simulatedPdu(4);
    const { upses, servers } = createRack();
    const [server] = servers;
    if (!server) expect.fail("the rack has no server");
    const agent = devices.use(await startPduAgent({ host, readCommunity: community, writeCommunity: community, pdu: () => pdu }));
    const nut = devices.use(await startNutServer({ host, users: [{ name: "admin", password: canaries.nut }], upses: () => upses }));
    const bmc = devices.use(await startBmc({ host, username: "admin", password: canaries.bmc, bmc: () => server }));
    ports = { pdu: agent.port, nut: nut.port, bmc: bmc.port };
    broker = await startMosquitto(peers.mosquitto, { users: { ...users, ear: "ear" } });
    ear = await listen(`mqtt://ear:ear@${host}:${broker.port}`);
    rig = await prepareAddon(configuration(ports));
    await rig.supervisor.writeOptions({ ...rig.supervisor.options, log_level: "debug" });
    core = await startHomeAssistant(peers.core, {
      broker: { port: broker.port, username: "core", password: users.core },
      more: lamp,
      integrations: companionIntegrations,
    });
    const given = { pdu: community, bmc: canaries.bmc, nut: canaries.nut, url: core.url, token: core.token };
    writeFileSync(join(rig.program.folder, "secrets.yaml"), stringify(given));
    // A name that leads to this machine, as the Supervisor's leads to the add-on.
    rig.supervisor.hostname = "localhost";
    rig.supervisor.core = core;
    rig.supervisor.broker = { host, port: broker.port, username: "addons", password: users.addons };
    await startAddon();
    await core.entity(outlet, "on", 30_000);
  });
  afterAll(async () => {
    for (const one of [ear, rig, core, broker, devices]) await one?.[Symbol.asyncDispose]();
  });

  test("what it told the Supervisor is offered by Home Assistant, and becomes one entry when a person agrees", async () => {
    await tellCore(core, rig.supervisor);
    entry = await acceptOffer(core);
    await core.entity(api, "on");
    await tellCore(core, rig.supervisor);
    expect(await offers(core)).toEqual([]);
  });

  test("by this entry every action answers", async () => {
    const command = await act(core, "command", { entity_id: outlet, command: "outlet.off", reason: "order" });
    expect(command).toMatchObject({ state: "confirmed", part: "outlet/2", by: { via: "rest", key: "home-assistant", person: "Rack" } });
    expect(pdu.asked).toEqual([{ number: 2, to: "off" }]);
    expect(await act(core, "get_readings", { entity_id: outlet })).toMatchObject({ device: "rack-pdu", connection: { state: "online" } });
    const { outcomes } = await act(core, "get_outcomes", { config_entry_id: entry });
    expect(outcomes).toMatchObject([{ device: "rack-pdu", command: "outlet.off", state: "confirmed" }]);
    const { results } = await act(core, "identify", { host, driver: "snmp", options: { port: ports.pdu, community } });
    expect(results).toMatchObject([{ driver: "snmp", description: { model: "AP8941" } }]);
    expect(await act(core, "reload", {})).toEqual({ accepted: true, problems: [] });
  });

  test("a wrong entry appears as a repair, and is gone when it is put right there", async () => {
    const issues = async (): Promise<readonly { issue_id: string; translation_key: string }[]> =>
      (await core.send<{ issues: { issue_id: string; translation_key: string; domain: string }[] }>({ type: "repairs/list_issues" })).issues.filter(
        ({ domain }) => domain === "rack_power",
      );
    rig.program.write(configuration(ports, "  wrong: { driver: nonsense }\n"));
    await act(core, "reload", {});
    const [issue] = await until(async () => {
      const found = await issues();
      return found.length > 0 && found;
    }, "the repair");
    const form = await postCore(core, "/api/repairs/issues/fix", { handler: "rack_power", issue_id: issue?.issue_id });
    expect(form.description_placeholders).toMatchObject({ line: "7" });
    rig.program.write(configuration(ports));
    expect(await postCore(core, `/api/repairs/issues/fix/${form.flow_id}`, {})).toMatchObject({ type: "create_entry" });
    expect(await issues()).toEqual([]);
  });

  test("what leaves it carries no secret: log, API, broker, page, diagnostics, Core's log, arguments and database", async () => {
    const { supervisor, program } = rig;
    const key = (name: string): string => readFileSync(join(supervisor.data, name), "utf8").trim();
    const secrets = {
      ...canaries,
      apiKey: keys.all,
      otherKey: keys.look,
      supervisor: supervisor.token,
      core: core.token,
      forCore: key("home-assistant.key"),
      commandLine: key("command-line.key"),
    };
    const api = await Promise.all(
      paths.map(async (path) => (await fetch(`http://${host}:${program.port}${path}`, { headers: { "x-api-key": keys.all } })).text()),
    );
    const owner = (await core.send<readonly { id: string; is_owner: boolean }[]>({ type: "config/auth/list" })).find(({ is_owner: is }) => is);
    const page = async (user: IngressUser): Promise<string> => {
      const { url, cookie } = supervisor.openIngress(user);
      const shown = await fetch(url, { headers: { cookie } });
      const body = new URLSearchParams({ host, driver: "snmp", port: String(ports.pdu), community });
      const identified = await fetch(`${url}identify`, { method: "POST", headers: { cookie, origin: new URL(url).origin }, body });
      return `${await shown.text()}\n${identified.status} ${await identified.text()}`;
    };
    const [administrator, reader] = await Promise.all([page({ id: owner?.id ?? "", username: "rack" }), page({ id: "somebody" })]);
    const process = (name: string): string => readFileSync(`/proc/${program.pid}/${name}`, "utf8");
    const left = {
      log: program.output(),
      api: api.join("\n"),
      broker: ear.messages.map(({ topic, text }) => `${topic} ${text}`).join("\n"),
      administrator,
      reader,
      diagnostics: (await askCore(core, "GET", `/api/diagnostics/config_entry/${entry}`)).text,
      core: core.output(),
      arguments: process("cmdline") + process("status"),
      database: readFileSync(join(supervisor.data, "rack-power.db"), "latin1") + readFileSync(join(supervisor.data, "rack-power.db-wal"), "latin1"),
      configuration: readFileSync(program.file, "utf8"),
    };
    for (const [where, text] of Object.entries(left)) expect(text.length, where).toBeGreaterThan(100);
    expect(left.log).toContain("DEBUG");
    expect(administrator).toMatch(/^200 .*AP8941/ms);
    expect(reader).toMatch(/^403 /m);
    const { found, searched } = findSecrets(left, secrets);
    expect(found).toEqual([]);
    expect(searched).toBe(10 * 11 * 5);
  });

  const registry = async (): Promise<readonly string[]> => {
    const ours = (await core.entities()).filter(({ platform, unique_id: id }) => platform === "rack_power" || id.startsWith("rack-power"));
    return ours.map(({ id, entity_id, unique_id, device_id, name, original_name, disabled_by }) =>
      JSON.stringify([id, entity_id, unique_id, device_id, name, original_name, disabled_by]),
    );
  };
  /** What is neither disabled nor shown. */
  const missing = async (): Promise<readonly string[]> =>
    (await core.entities())
      .filter(({ platform, disabled_by: by }) => by === null && (platform === "rack_power" || platform === "mqtt"))
      .map(({ entity_id: id }) => id)
      .filter((id) => (core.states()[id]?.state ?? "unavailable") === "unavailable");
  const complete = (): Promise<unknown> =>
    until(async () => (await missing()).length === 0, "all is there", 30_000).catch(async (error: Error) => {
      throw new Error(`${error.message}: ${(await missing()).join(" ")}`);
    });
  const readLog = async (): Promise<void> => void logged.push(...(await core.systemLog()));
  const things = {
    broker: { away: () => broker.stop("SIGKILL"), back: () => broker.start() },
    core: { away: () => readLog().then(() => core.stop()), back: () => core.start() },
    addon: { away: () => rig.program.kill("SIGTERM"), back: startAddon },
  } as const;
  type Thing = keyof typeof things;
  /** Each order in which one of the two comes before the other is in the first three; where nothing may be left out, all are tried. */
  const orders: readonly (readonly Thing[])[] = [
    ["addon"],
    ["broker", "core", "addon"],
    ["core", "addon", "broker"],
    ["addon", "broker", "core"],
    ...(process.env["CI"] === "true"
      ? ([
          ["addon", "core", "broker"],
          ["broker", "addon", "core"],
          ["core", "broker", "addon"],
        ] as const)
      : []),
  ];

  test("what a person renamed and disabled there is known", async () => {
    await core.send({ type: "config/entity_registry/update", entity_id: "switch.rack_pdu_outlet_3", new_entity_id: "switch.coffee", name: "Coffee" });
    await core.send({ type: "config/entity_registry/update", entity_id: "button.rack_pdu_outlet_4_cycle", disabled_by: "user" });
    await complete();
    expect((await registry()).length).toBeGreaterThan(30);
  });

  test.each(orders.map((order) => [order.join(", "), order] as const))(
    "%s: away and back in this order, there are the same entities with true states, and no device saw a write",
    async (_, order) => {
      const before = await registry();
      const asked = pdu.asked.length;
      const on = core.states()[outlet]?.state === "on";
      for (const what of order) await things[what].away();
      // Somebody does it at the device itself.
      pdu.switch(2, on ? "off" : "on");
      for (const what of order) await things[what].back();
      await tellCore(core, rig.supervisor);
      await core.entity(outlet, on ? "off" : "on", 60_000);
      await core.entity(api, "on", 30_000);
      await complete();
      expect(await registry()).toEqual(before);
      expect(before.join("\n")).toMatch(/switch\.coffee.*Coffee/);
      expect(pdu.asked).toHaveLength(asked + 1);
      expect(await offers(core)).toEqual([]);
    },
  );

  test("in all that, Home Assistant's log told of nothing but its own lost connections to the broker", async () => {
    await readLog();
    const lines = logged.filter(({ source }) => source[0] !== "components/mqtt/client.py");
    expect(lines.map(({ level, name, message }) => `${level} ${name} ${message.join(" ")}`)).toEqual([]);
    expect(logged.length).toBeGreaterThan(0);
  });
});
