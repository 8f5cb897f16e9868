import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { loadConfiguration } from "#config/load.ts";
import { quarantineRepairs } from "#config/repair.ts";
import { createDrivers } from "#driver/registry.ts";
import { confirmationLife } from "#engine/confirmation.ts";
import { Engine } from "#engine/engine.ts";
import { systemClock as clock } from "#platform/clock.ts";
import { openDatabase } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { createSetup } from "#program/setup.ts";
import { startDevice } from "#program/device-entries.ts";
import type { EnergyCounter, Health, Orphan } from "#publish/rest/option.ts";
import { startRest } from "#publish/rest/server.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { createStore } from "#store/store.ts";
import { mountPage } from "#ui/mount.ts";
import { startIngress, type IngressProxy } from "./ingress-proxy.ts";
import { simulatedPdu, type RecordedPdu } from "./snmp-pdu.ts";

export const anna = { id: "a11a", username: "anna", displayName: "Anna Ångström" } as const;
export const guest = { id: "9e57", username: "guest" } as const;
export const community = "canary-community-77";

export interface PageRig extends AsyncDisposable {
  readonly ingress: IngressProxy;
  readonly engine: Engine;
  readonly pdu: RecordedPdu;
  readonly pduPort: number;
  readonly lines: readonly string[];
  health: Partial<Health>;
  /** What Home Assistant lacks, and what it has too much. */
  readonly home: { energy: readonly EnergyCounter[]; orphans: readonly Orphan[] };
  text(name?: string): Promise<string>;
}

/** The program without its own start: engine, API and page on a file in a folder, a simulated PDU, and ingress in front. Anna is an administrator. */
export const startPage = async (file: (pduPort: number) => string): Promise<PageRig> => {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rack-power-page-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const pdu = simulatedPdu(4);
  const agent = stack.use(await startPduAgent({ host: "127.0.0.1", readCommunity: community, writeCommunity: community, pdu: () => pdu }));
  const path = join(folder, "rack-power.yaml");
  await writeFile(path, file(agent.port));
  await writeFile(join(folder, "secrets.yaml"), `pdu: ${community}\n`);
  const drivers = createDrivers(clock);
  const lines: string[] = [];
  const log = createLog("info", (line) => void lines.push(line));
  const store = createStore();
  const database = openDatabase(":memory:", () => undefined);
  stack.defer(() => database[Symbol.dispose]());
  const engine = stack.use(new Engine({ store, database, clock, log, dwell: 50 }));
  let loaded = await loadConfiguration(path, drivers, {});
  const take = async (): Promise<void> => {
    const next = await loadConfiguration(path, drivers, {});
    if (!next.ok) return;
    loaded = next;
    for (const entry of next.configuration.devices) if (!store.device(entry.settings.id)) startDevice(engine, drivers, entry);
  };
  if (!loaded.ok) expect.fail(loaded.problems[0]?.message ?? "not loaded");
  await take();
  const reload = async (): Promise<{ accepted: boolean; problems: readonly string[] }> => {
    await take();
    return { accepted: loaded.ok, problems: [] };
  };
  const ids = (): readonly string[] => store.devices().map(({ id }) => id);
  const rig = { health: {} as Partial<Health>, home: { energy: [], orphans: [] } as PageRig["home"] };
  const server = stack.use(
    await startRest(
      {
        host: "127.0.0.1",
        port: 0,
        keys: [],
        ingress: { peers: ["127.0.0.2"], scopes: async (user) => (user === anna.id ? ["read", "control", "admin"] : ["read"]) },
      },
      {
        store,
        bus: engine.bus,
        events: engine.events,
        log,
        clock,
        version: "1.2.3",
        confirmationLife,
        ...createSetup({ file: path, drivers, environment: {}, clock, log, ids, hide: (secret) => log.hide(secret), reload }),
        health: () => ({
          state: "ready",
          problems: [],
          logLevel: log.level,
          broker: { state: "connected", protocol: 5 },
          partners: [
            { name: "supervisor", state: "connected" },
            { name: "core", state: "connected" },
          ],
          ...rig.health,
        }),
        atHomeAssistant: {
          energy: async () => rig.home.energy,
          addEnergy: async (agreed) => {
            const added = rig.home.energy.filter(({ sensor }) => agreed.includes(sensor));
            rig.home.energy = rig.home.energy.filter((one) => !added.includes(one));
            return added;
          },
          orphans: async () => rig.home.orphans,
          removeOrphans: async (agreed) => {
            const gone = rig.home.orphans.filter(({ uniqueId }) => agreed.includes(uniqueId));
            rig.home.orphans = rig.home.orphans.filter((one) => !gone.includes(one));
            return gone;
          },
        },
        repairs: () => [...(loaded.ok ? quarantineRepairs(loaded.configuration) : []), ...engine.repairs()],
        reload,
        setLogLevel: (level) => {
          log.level = level;
        },
        file: () => "/config/rack-power.yaml",
        page: mountPage,
      },
    ),
  );
  const ingress = stack.use(await startIngress(server.port));
  return Object.assign(rig, {
    ingress,
    engine,
    pdu,
    pduPort: agent.port,
    lines,
    text: (name = "rack-power.yaml") => readFile(join(folder, name), "utf8"),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  });
};
