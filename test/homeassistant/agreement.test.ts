import { connectAsync } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { prepareAddon, type AddonRig } from "#test/peer/addon-rig.ts";
import { startHomeAssistant, type HomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { simulatedPdu } from "#test/peer/snmp-pdu.ts";
import { until } from "#test/peer/until.ts";
import type { IngressUser } from "./supervisor-ingress.ts";

const { together, peers } = await gatherPeers({ mosquitto: debianPackages("mosquitto"), core: pythonPackages("homeassistant") });

const host = "127.0.0.1";
const community = "canary-community-agreement";
const configuration = (port: number): string => `devices:
  rack-pdu: { driver: snmp, host: ${host}, port: ${port}, community: ${community}, name: Rack PDU, interval: 1s }
`;
interface Prefs {
  readonly device_consumption: readonly { readonly stat_consumption: string; readonly stat_rate?: string; readonly name?: string }[];
}

describeWithPeer("what a person agrees to on the page, at a real Home Assistant", together, () => {
  let broker: Mosquitto;
  let core: HomeAssistant;
  let rig: AddonRig;
  let owner: IngressUser;
  let guest: IngressUser;
  const devices = new AsyncDisposableStack();

  const page = async (user: IngressUser, path = "", form?: readonly string[]): Promise<{ readonly status: number; readonly text: string }> => {
    const { url, cookie } = rig.supervisor.openIngress(user);
    const body = form && { method: "POST", body: new URLSearchParams(form.map((name): [string, string] => [`pick.${name}`, "yes"])) };
    const answer = await fetch(`${url}${path}`, { redirect: "manual", ...body, headers: { cookie, origin: new URL(url).origin } });
    return { status: answer.status, text: await answer.text() };
  };
  /** The names in a list of the page; those that are chosen already have a plus. */
  const choices = ({ text }: { readonly text: string }, list: "energy" | "orphans"): readonly string[] =>
    [...text.matchAll(new RegExp(`id="${list}-\\d+" name="pick\\.([^"]+)"[^>]*?(checked)?\\s*/>`, "g"))].map(
      ([, name = "", chosen]) => `${chosen ? "+" : ""}${name}`,
    );
  const prefs = (): Promise<Prefs> => core.send<Prefs>({ type: "energy/get_prefs" });
  const listed = async (): Promise<readonly string[]> => (await prefs()).device_consumption.map(({ stat_consumption: id }) => id);
  const cellar = async (): Promise<readonly string[]> =>
    (await core.entities()).map(({ unique_id: id }) => id).filter((id) => id.startsWith("rack-power_cellar"));
  const api = (path: string): Promise<{ readonly status: number; readonly body: unknown }> => rig.program.ask(`/api/v1/home-assistant/${path}`);

  beforeAll(async () => {
    const pdu = simulatedPdu(3);
    const agent = devices.use(await startPduAgent({ host, readCommunity: community, writeCommunity: community, pdu: () => pdu }));
    broker = await startMosquitto(peers.mosquitto);
    core = await startHomeAssistant(peers.core, { broker: { port: broker.port } });
    rig = await prepareAddon(configuration(agent.port));
    rig.supervisor.broker = { host, port: broker.port };
    rig.supervisor.core = core;
    await rig.program.start();
    await core.entity("sensor.rack_pdu_outlet_3_energy", undefined, 30_000);
    const users = await core.send<readonly { id: string; is_owner: boolean }[]>({ type: "config/auth/list" });
    owner = { id: users.find(({ is_owner: is }) => is)?.id ?? "", displayName: "Anna" };
    const made = await core.send<{ user: { id: string } }>({ type: "config/auth/create", name: "Guest", group_ids: ["system-users"] });
    guest = { id: made.user.id, displayName: "Guest" };
  });
  afterAll(async () => {
    for (const one of [rig, core, broker, devices]) await one?.[Symbol.asyncDispose]();
  });

  test("our counters are offered to administrators, added once and only as chosen; what is there stays", async () => {
    const fridge = { stat_consumption: "sensor.fridge", name: "Fridge" };
    const grid = { type: "grid", stat_energy_from: "sensor.house", stat_energy_to: null, cost_adjustment_day: 0 };
    await core.send({ type: "energy/save_prefs", energy_sources: [grid], device_consumption: [fridge] });
    const before = await prefs();
    const opened = await until(
      async () => {
        const now = await page(owner);
        return choices(now, "energy").length > 0 && now;
      },
      "the counters are offered",
      20_000,
    );
    const offered = choices(opened, "energy");
    expect(offered.every((name) => name.startsWith("+sensor.rack_pdu_"))).toBe(true);
    expect(offered).toContain("+sensor.rack_pdu_outlet_1_energy");
    expect(offered.length).toBeGreaterThan(2);
    expect(opened.text).toContain(`${offered.length} counters are not in the Energy dashboard yet`);
    expect(opened.text).toContain("Rack PDU Outlet 1 energy");
    expect(choices(opened, "orphans")).toEqual([]);
    expect(choices(await page(guest), "energy")).toEqual([]);
    expect((await page(guest, "energy", ["sensor.rack_pdu_outlet_1_energy"])).status).toBe(403);
    expect(((await api("energy")).body as readonly unknown[]).length).toBe(offered.length);
    expect(await listed()).toEqual(["sensor.fridge"]);

    expect((await page(owner, "energy", ["sensor.rack_pdu_outlet_2_energy"])).status).toBe(303);
    expect(await listed()).toEqual(["sensor.fridge", "sensor.rack_pdu_outlet_2_energy"]);
    const rest = choices(await page(owner), "energy");
    expect(rest).toEqual(offered.filter((name) => !name.includes("outlet_2")));
    // Two at once, and one of them again.
    const all = offered.map((name) => name.slice(1));
    expect((await page(owner, "energy", all)).status).toBe(303);
    expect((await page(owner, "energy", all)).status).toBe(303);
    expect((await listed()).toSorted()).toEqual(["sensor.fridge", ...all].toSorted());
    const after = await prefs();
    expect({ ...after, device_consumption: [] }).toEqual({ ...before, device_consumption: [] });
    expect(after.device_consumption[0]).toEqual(fridge);
    expect(after.device_consumption[1]?.stat_rate).toBe("sensor.rack_pdu_outlet_2_power");
    expect((await page(owner)).text).toMatch(/<section id="agree" data-live hidden>/);
  });

  test("each device of Home Assistant links to its place on the page", async () => {
    const links = (await core.devices()).map(({ configuration_url: link }) => link);
    expect(links).toContain("homeassistant://app/a0b1c2d3_rack_power");
    expect(links).toContain("homeassistant://app/a0b1c2d3_rack_power/device/rack-pdu");
  });

  test(
    "entities that nobody publishes are removed only as chosen; while Home Assistant is away the page comes all the same",
    { timeout: 120_000 },
    async () => {
      const topic = "homeassistant/device/rack-power_cellar/config";
      const component = (id: string): object => ({ platform: "sensor", unique_id: `rack-power_cellar_${id}`, name: id, state_topic: "cellar" });
      const document = {
        device: { identifiers: ["rack-power_cellar"], name: "Cellar" },
        origin: { name: "another" },
        components: { a: component("a"), b: component("b") },
      };
      const other = await connectAsync(broker.url, { protocolVersion: 5 });
      await other.publishAsync(topic, JSON.stringify(document), { retain: true });
      await until(async () => (await cellar()).length === 2, "the other's are there");
      expect(choices(await page(owner), "orphans")).toEqual([]);
      await core.stop();
      await other.publishAsync(topic, "", { retain: true });
      await other.endAsync();
      await until(async () => (await api("energy")).status === 503, "its absence is known");
      for (const path of ["energy", "orphans"])
        expect(await api(path)).toMatchObject({ status: 503, body: { detail: expect.stringMatching(/Home Assistant/) as string } });
      const began = performance.now();
      expect((await page({ ...owner })).text).toContain('id="device-rack-pdu"');
      expect(performance.now() - began).toBeLessThan(5_000);
      await core.start();
      const opened = await until(
        async () => {
          const now = await page(owner);
          return choices(now, "orphans").length === 2 && now;
        },
        "two are left over",
        60_000,
      );
      expect(choices(opened, "orphans").toSorted()).toEqual(["rack-power_cellar_a", "rack-power_cellar_b"]);
      expect(opened.text).toContain("2 entities are no longer published");
      const before = (await core.entities()).length;
      expect((await page(owner, "orphans", [])).status).toBe(422);
      expect((await page(guest, "orphans", ["rack-power_cellar_a"])).status).toBe(403);
      expect((await page(owner, "orphans", ["rack-power_cellar_b", "rack-power_rack-pdu_outlet-1_outlet-on"])).status).toBe(303);
      expect(await cellar()).toEqual(["rack-power_cellar_a"]);
      expect(before - (await core.entities()).length).toBe(1);
      expect(choices(await page(owner), "orphans")).toEqual(["rack-power_cellar_a"]);
      expect(rig.program.output()).not.toMatch(/went wrong|of Rack Power's own/);
      expect(await core.systemLog()).toEqual([]);
    },
  );
});
