import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { Clock } from "#platform/clock.ts";
import { writeTextSafely } from "#platform/file.ts";
import { startBmc } from "./bmc/server.ts";
import { startBroker } from "./broker.ts";
import { startRackControl } from "./rack/control.ts";
import { startNutServer } from "./nut/server.ts";
import { startPduAgent } from "./snmp/pdu-agent.ts";
import { createRack, type Rack } from "./rack/rack.ts";

export interface Demonstration extends AsyncDisposable {
  readonly rack: Rack;
  /** The configuration that was written for it. */
  readonly file: string;
  /** What runs where, one line each, for the person who started it. */
  readonly lines: readonly string[];
}

export interface DemonstrationOptions {
  /** Holds the configuration and the database of the demonstration. */
  readonly folder: string;
  readonly clock: Clock;
  readonly ports?: { readonly mqtt: number; readonly rest: number };
}

/** Wanted, so that a second start is found where the first one was; when somebody has them, the system gives others. */
const usualPorts = { mqtt: 11883, rest: 8099 };
const host = "127.0.0.1";

const onFreePort = async <T>(wanted: number, start: (port: number) => Promise<T>): Promise<T> => {
  try {
    return await start(wanted);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return start(0);
  }
};

interface Ports {
  readonly mqtt: number;
  readonly rest: number;
  readonly nut: number;
  readonly pdu: number;
  readonly bmcs: readonly { readonly name: string; readonly outlet: number; readonly port: number }[];
  readonly key: string;
}

const configuration = ({ mqtt, rest, nut, pdu, bmcs, key }: Ports): string => `# Written by the demonstration at each start.
mqtt: { url: "mqtt://${host}:${mqtt}" }
rest: { listen: "${host}:${rest}", keys: [ { name: demonstration, key: ${key}, scopes: [admin] } ] }
data: .
devices:
  office-ups: { driver: nut, host: ${host}, port: ${nut}, ups: office, username: admin, password: simulated, name: Office UPS, interval: 2s }
  rack-ups: { driver: nut, host: ${host}, port: ${nut}, ups: rack, username: admin, password: simulated, name: Rack UPS, interval: 2s }
  rack-pdu:
    driver: snmp
    name: Rack PDU
    host: ${host}
    port: ${pdu}
    version: 2c
    community: simulated
    interval: 2s
    parts:
      outlet/1: { lock: locked }
      outlet/2: { lock: confirm }
${bmcs.map(({ name, port, outlet }) => `  ${name}: { driver: ipmi, host: ${host}, port: ${port}, username: admin, password: simulated, interval: 5s, fedBy: rack-pdu/outlet/${outlet} }`).join("\n")}
`;

/** Time passes in the rack, a second at a time. */
const live = async (rack: Rack, clock: Clock, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await clock.sleep(1000, signal).catch(() => undefined);
    rack.tick(1);
  }
};

const freePort = async (wanted: number): Promise<number> => {
  // Taken and given back: the program itself listens there a moment later.
  const server = createServer();
  return onFreePort(wanted, async (port) => {
    await once(server.listen(port, host), "listening");
    const { port: taken } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return taken;
  });
};

/** A whole rack on loopback: its devices speak the real protocols, and a broker and a configuration come with it. */
export const startDemonstration = async ({ folder, clock, ports = usualPorts }: DemonstrationOptions): Promise<Demonstration> => {
  await using starting = new AsyncDisposableStack();
  const rack = createRack();
  const nut = starting.use(await startNutServer({ host, users: [{ name: "admin", password: "simulated" }], upses: () => rack.upses }));
  const pdu = starting.use(await startPduAgent({ host, readCommunity: "simulated", writeCommunity: "simulated", pdu: () => rack.pdu }));
  const bmcs = await Promise.all(
    rack.servers.map(async (server) => {
      const bmc = starting.use(await startBmc({ host, username: "admin", password: "simulated", bmc: () => server }));
      return { name: server.name, outlet: server.outlet, port: bmc.port };
    }),
  );
  const broker = starting.use(await onFreePort(ports.mqtt, (port) => startBroker({ host, port })));
  const control = starting.use(await startRackControl(rack));
  const rest = await freePort(ports.rest);
  const key = crypto.randomUUID();
  const file = join(folder, "rack-power.yaml");
  await writeTextSafely(file, configuration({ mqtt: broker.port, rest, nut: nut.port, pdu: pdu.port, bmcs, key }));
  await writeTextSafely(join(folder, "control-port"), `${control.port}\n`);
  const life = new AbortController();
  void live(rack, clock, life.signal);
  starting.defer(() => life.abort());
  const running = starting.move();
  return {
    rack,
    file,
    lines: [
      `two UPSs       NUT      ${host}:${nut.port}  (office, rack)`,
      `PDU            SNMP v2c ${host}:${pdu.port}  (24 outlets; outlet 1 is locked, outlet 2 asks for confirmation)`,
      ...bmcs.map(({ name, port, outlet }) => `server ${name.padEnd(8)}IPMI     ${host}:${port}  (fed by outlet ${outlet})`),
      `broker         MQTT     ${host}:${broker.port}  (in Home Assistant: Settings, Devices & services, Add integration, MQTT, this host and port)`,
      `API            REST     http://${host}:${rest}/api/v1/devices  with the header X-API-Key: ${key}`,
      `try            curl -H 'X-API-Key: ${key}' http://${host}:${rest}/api/v1/devices`,
      `               npm start -- simulate mains off      (in another terminal; or type "mains off" here)`,
    ],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};
