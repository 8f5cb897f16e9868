import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { readTable } from "#test/driver/profile-table.ts";
import { startHomeAssistant, type HomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { configure, keys, prepareProgram, type ProgramRig } from "#test/peer/program-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { startSnmpsim, type Snmpsim } from "#test/peer/snmpsim.ts";
import { until } from "#test/peer/until.ts";

const root = new URL("../../", import.meta.url);
const integration = fileURLToPath(new URL("integration/custom_components/rack_power", root));
/** A copy that does not wait two minutes until it calls an entity left over; all else is as it is shipped. */
const impatientCopy = (): string => {
  const copy = join(mkdtempSync(join(tmpdir(), "rack-power-integration-")), "rack_power");
  cpSync(integration, copy, { recursive: true });
  const file = join(copy, "issue.py");
  const text = readFileSync(file, "utf8");
  const changed = text.replace("SEEN_FOR = timedelta(minutes=2)", "SEEN_FOR = timedelta(0)");
  if (changed === text) throw new Error("issue.py has no SEEN_FOR to shorten");
  writeFileSync(file, changed);
  return copy;
};
const password = "canary-password-of-the-broker";

const { together, peers } = await gatherPeers({
  mosquitto: debianPackages("mosquitto"),
  snmpsim: debianPackages("snmpsim"),
  snmp: debianPackages("snmp"),
  core: pythonPackages("homeassistant"),
});

interface FlowResult {
  readonly type: string;
  readonly flow_id: string;
  readonly step_id?: string;
  readonly reason?: string;
  readonly errors?: Readonly<Record<string, string>> | null;
  readonly description_placeholders?: Readonly<Record<string, string>> | null;
  readonly result?: { readonly entry_id: string; readonly unique_id?: string };
}
interface Issue {
  readonly domain: string;
  readonly issue_id: string;
  readonly translation_key: string;
  readonly is_fixable: boolean;
}
type Told = Readonly<Record<string, unknown>>;

describeWithPeer("the companion integration in a real Home Assistant, with the real program", together, () => {
  let pdu: Snmpsim;
  let broker: Mosquitto;
  let program: ProgramRig;
  let core: HomeAssistant;
  let entry = "";
  const copy = impatientCopy();
  const configuration = (port: number, broken: boolean, id = "rack-pdu"): string =>
    configure(
      port,
      {
        [id]: `driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: public, interval: 1s, parts: { outlet/1: { lock: locked }, outlet/10: { lock: confirm } }`,
        ...(broken && { web: "driver: nonsense, host: 127.0.0.1" }),
      },
      `mqtt: { url: "${broker.url}", username: rack, password: ${password} }`,
    );
  const http = async (method: string, path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> => {
    const headers = { authorization: `Bearer ${core.token}`, "content-type": "application/json" };
    const answer = await fetch(core.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: answer.status, text: await answer.text() };
  };
  const post = async (path: string, body: object): Promise<FlowResult> => JSON.parse((await http("POST", path, body)).text) as FlowResult;
  const act = async (service: string, data: object): Promise<Told> =>
    (await core.send<{ response: Told }>({ type: "call_service", domain: "rack_power", service, service_data: data, return_response: true })).response;
  const refused = async (service: string, data: object): Promise<Told> => {
    try {
      await act(service, data);
    } catch (error) {
      return error as Told;
    }
    throw new Error(`${service} was not refused`);
  };
  const issues = async (): Promise<readonly Issue[]> =>
    (await core.send<{ issues: readonly Issue[] }>({ type: "repairs/list_issues" })).issues.filter(({ domain }) => domain === "rack_power");
  const deviceId = async (): Promise<string> =>
    (await core.devices()).find(({ identifiers }) => identifiers.some(([, name]) => name === "rack-power_rack-pdu"))?.id ?? "";

  beforeAll(async () => {
    const table = readTable(readFileSync(new URL("src/profile/apc-rack-pdu-2g/table.yaml", root), "utf8"));
    pdu = await startSnmpsim(peers.snmpsim, peers.snmp, table.objects);
    broker = await startMosquitto(peers.mosquitto, { users: { rack: password, core: "another" } });
    program = await prepareProgram((port) => configuration(port, false));
    await program.start();
    const more = "logbook:\ndiagnostics:\nrepairs:\nsystem_health:\n";
    core = await startHomeAssistant(peers.core, { broker: { port: broker.port, username: "core", password: "another" }, more, integrations: [copy] });
    await core.entity("switch.rack_pdu_outlet_2", "off", 30_000);
  });
  afterAll(async () => {
    await core?.[Symbol.asyncDispose]();
    await program?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    await pdu?.[Symbol.asyncDispose]();
    rmSync(join(copy, ".."), { recursive: true });
  });

  test("by hand: each wrong way is named, the right one makes one entry with a service device, and no second", async () => {
    const start = (): Promise<FlowResult> => post("/api/config/config_entries/flow", { handler: "rack_power" });
    const given = { url: `http://127.0.0.1:${program.port}`, api_key: keys.all, verify_ssl: true };
    const form = await start();
    expect(form).toMatchObject({ type: "form", step_id: "user" });
    const give = (change: object): Promise<FlowResult> => post(`/api/config/config_entries/flow/${form.flow_id}`, { ...given, ...change });
    expect((await give({ api_key: "canary-that-nobody-knows" })).errors).toEqual({ api_key: "invalid_auth" });
    expect((await give({ api_key: keys.look })).errors).toEqual({ api_key: "key_too_small" });
    expect((await give({ url: "http://127.0.0.1:1" })).errors).toEqual({ base: "cannot_connect" });
    expect((await give({ url: core.url })).errors).toEqual({ url: "not_rack_power" });
    const made = await give({});
    expect(made).toMatchObject({ type: "create_entry", title: "127.0.0.1" });
    entry = made.result?.entry_id ?? "";
    const sensor = await core.entity("binary_sensor.127_0_0_1_api", "on");
    expect(sensor.attributes).toMatchObject({ device_class: "connectivity" });
    const again = await start();
    expect(await post(`/api/config/config_entries/flow/${again.flow_id}`, given)).toMatchObject({ type: "abort", reason: "already_configured" });
  });

  test("a command switches the device, says who wanted it, and stands in the logbook", async () => {
    const told: Told[] = [];
    const stop = await core.connection.subscribeEvents<{ data: Told }>(({ data }) => void told.push(data), "rack_power_outcome");
    const answer = await act("command", { device_id: await deviceId(), part: "outlet/2", command: "outlet.on", reason: "a test" });
    expect(answer).toMatchObject({ state: "confirmed", device: "rack-pdu", part: "outlet/2", by: { via: "rest", key: "tests", person: "Rack" } });
    expect(pdu.writes()).toEqual(["2 1"]);
    await core.entity("switch.rack_pdu_outlet_2", "on");
    await act("command", { entity_id: "switch.rack_pdu_outlet_2", command: "outlet.off" });
    expect(pdu.writes()).toEqual(["2 1", "2 2"]);
    await until(() => told.length === 2, "both events");
    await stop();
    expect(told[0]).toMatchObject({ state: "confirmed", person: "Rack", reason: "a test", device_id: await deviceId(), config_entry_id: entry });
    const line = async (): Promise<boolean> => {
      const { text } = await http("GET", "/api/logbook");
      return (JSON.parse(text) as { message?: string }[]).some(
        ({ message = "" }) => message === "outlet.on for outlet/2 by Rack: confirmed by the device (a test)",
      );
    };
    await until(line, "the line of the logbook", 20_000);
  });

  test("what is locked is refused in words, and what asks for confirmation is switched with the token it gives", async () => {
    const device_id = await deviceId();
    const before = pdu.writes().length;
    const locked = await refused("command", { device_id, part: "outlet/1", command: "outlet.off" });
    expect(locked).toMatchObject({ code: "service_validation_error", translation_domain: "rack_power", translation_key: "locked" });
    expect(locked["message"]).toContain("rack-pdu outlet/1 is locked");
    const asked = await refused("command", { device_id, part: "outlet/10", command: "outlet.on" });
    expect(asked).toMatchObject({ translation_key: "confirmation_needed" });
    expect(pdu.writes()).toHaveLength(before);
    const { confirm } = asked["translation_placeholders"] as { confirm: string };
    expect(await act("command", { device_id, part: "outlet/10", command: "outlet.on", confirm })).toMatchObject({ state: "confirmed" });
    expect(pdu.writes().slice(before)).toEqual(["10 1"]);
    expect(await refused("command", { device_id, part: "outlet/99", command: "outlet.on" })).toMatchObject({ translation_key: "not_known" });
    expect(await refused("command", { device_id, command: "outlet.on" })).toMatchObject({ translation_key: "part_needed" });
  });

  test("readings, outcomes, identification and reading the configuration again answer", async () => {
    const device_id = await deviceId();
    const readings = await act("get_readings", { device_id, part: "outlet/1" });
    expect(readings).toMatchObject({
      device: "rack-pdu",
      connection: { state: "online" },
      parts: { "outlet/1": { readings: { "meter.power": { value: 41, unit: "W" } } } },
    });
    const { outcomes } = (await act("get_outcomes", { entity_id: "switch.rack_pdu_outlet_2" })) as { outcomes: readonly { part: string; state: string }[] };
    expect(outcomes.map(({ part, state }) => `${part} ${state}`)).toEqual(["outlet/2 confirmed", "outlet/2 confirmed"]);
    const { results } = (await act("identify", { host: "127.0.0.1", driver: "snmp", options: { port: pdu.port, version: "2c", community: "public" } })) as {
      results: readonly { driver: string; description?: { model?: string }; yaml?: string }[];
    };
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ driver: "snmp", description: { model: "AP8941" } });
    expect(await act("reload", {})).toEqual({ accepted: true, problems: [] });
  });

  test("a device with a wrong entry is a repair with file and line, and goes when it is put right", async () => {
    program.write(configuration(program.port, true));
    await act("reload", {});
    const [issue] = await until(async () => {
      const found = await issues();
      return found.length > 0 && found;
    }, "the repair");
    expect(issue).toMatchObject({ translation_key: "quarantined", is_fixable: true });
    const form = await post("/api/repairs/issues/fix", { handler: "rack_power", issue_id: issue?.issue_id });
    expect(form).toMatchObject({ type: "form", step_id: "confirm" });
    const { file, line, column } = form.description_placeholders ?? {};
    expect(file).toMatch(/rack-power\.yaml$/);
    const wrong = configuration(program.port, true).split("\n")[Number(line) - 1] ?? "";
    expect(wrong).toContain("web:");
    expect(wrong.slice(Number(column) - 1)).toMatch(/^(web|nonsense|\{|driver)/);
    const still = await post(`/api/repairs/issues/fix/${form.flow_id}`, {});
    expect(still.errors).toEqual({ base: "still_there" });
    program.write(configuration(program.port, false));
    expect(await post(`/api/repairs/issues/fix/${form.flow_id}`, {})).toMatchObject({ type: "create_entry" });
    expect(await issues()).toEqual([]);
  });

  test("a label that changed is a repair, and is accepted there", async () => {
    pdu.set("1.3.6.1.4.1.318.1.1.26.9.2.3.1.3.2", "Mail");
    const found = async (): Promise<Issue | undefined> => (await issues()).find(({ translation_key: key }) => key === "label_changed");
    const refusal = async (): Promise<boolean> => {
      try {
        await act("command", { entity_id: "switch.rack_pdu_outlet_2", command: "outlet.on" });
        await act("command", { entity_id: "switch.rack_pdu_outlet_2", command: "outlet.off" });
        return false;
      } catch (error) {
        return (error as Told)["translation_key"] === "label_changed";
      }
    };
    await until(refusal, "the refusal", 30_000);
    const issue = await until(found, "the repair", 20_000);
    const form = await post("/api/repairs/issues/fix", { handler: "rack_power", issue_id: issue.issue_id });
    expect(form.description_placeholders).toMatchObject({ device: "rack-pdu", part: "outlet/2", label: "Mail", accepted: "Outlet 2" });
    expect(await post(`/api/repairs/issues/fix/${form.flow_id}`, {})).toMatchObject({ type: "create_entry" });
    expect(await issues()).toEqual([]);
    expect(await act("command", { entity_id: "switch.rack_pdu_outlet_2", command: "outlet.on" })).toMatchObject({ state: "confirmed" });
  });

  test("diagnostics of entry and device carry no secret", async () => {
    const service = (await core.devices()).find(({ identifiers }) => identifiers.some(([domain]) => domain === "rack_power"));
    const base = `/api/diagnostics/config_entry/${entry}`;
    for (const path of [base, `${base}/device/${service?.id ?? ""}`]) {
      const { status, text } = await http("GET", path);
      expect(status).toBe(200);
      expect(text).toContain("rack-pdu");
      for (const secret of [keys.all, keys.look, password, "another", core.token]) expect(text).not.toContain(secret);
    }
  });

  test("system health tells version and broker", async () => {
    const lines = await new Promise<Told>((resolve, reject) => {
      const hear = ({ type, data }: { type: string; data?: Readonly<Record<string, { info: Told }>> }): void => {
        if (type === "initial") resolve(data?.["rack_power"]?.info ?? {});
      };
      core.connection.subscribeMessage(hear, { type: "system_health/info" }).catch(reject);
    });
    expect(lines).toMatchObject({ installations: 1, version: "0.1.0", broker: "connected", devices_online: "1", repairs: "0" });
  });

  test("while the program is away this is shown once, and it comes back by itself", async () => {
    await program.kill("SIGTERM");
    await core.entity("binary_sensor.127_0_0_1_api", "off", 90_000);
    await program.start();
    await core.entity("binary_sensor.127_0_0_1_api", "on", 120_000);
    expect(await act("reload", {})).toMatchObject({ accepted: true });
  });

  test("what the program published once and no more is listed, and removed after consent; all else stays", async () => {
    const ours = async (start: string): Promise<readonly string[]> =>
      (await core.entities()).filter(({ platform, unique_id: id }) => platform === "mqtt" && id.startsWith(start)).map(({ entity_id: id }) => id);
    const old = await ours("rack-power_rack-pdu_");
    expect(old.length).toBeGreaterThan(20);
    await core.stop();
    program.write(configuration(program.port, false, "basement"));
    await program.kill("SIGTERM");
    await program.start();
    await core.start();
    await core.entity("switch.basement_outlet_2", undefined, 60_000);
    const found = async (): Promise<Issue | undefined> => {
      await act("reload", {});
      return (await issues()).find(({ translation_key: key }) => key === "orphans");
    };
    const issue = await until(found, "the repair", 60_000);
    const form = await post("/api/repairs/issues/fix", { handler: "rack_power", issue_id: issue.issue_id });
    expect(form.description_placeholders).toMatchObject({ count: String(old.length) });
    expect(form.description_placeholders?.["entities"]).toContain("switch.rack_pdu_outlet_2");
    expect(await ours("rack-power_rack-pdu_")).toEqual(old);
    const others = (await core.entities()).length - old.length;
    expect(await post(`/api/repairs/issues/fix/${form.flow_id}`, {})).toMatchObject({ type: "create_entry" });
    expect(await ours("rack-power_rack-pdu_")).toEqual([]);
    expect((await core.entities()).length).toBe(others);
    expect(await deviceId()).toBe("");
    await core.entity("switch.basement_outlet_2");
    expect(await issues()).toEqual([]);
  });

  test("in all that, Home Assistant's log shows nothing of ours but that the program was away", async () => {
    const log = (await core.systemLog()).filter(({ name, message }) => name.includes("rack_power") || message.join().includes("rack_power"));
    const lines = log.map(({ level, message }) => `${level} ${message.join(" ")}`);
    expect(lines.filter((line) => !/^ERROR (Error requesting|Error fetching) 127\.0\.0\.1 data/.test(line))).toEqual([]);
  });
});
