import type { SimulatedOutlet, SimulatedPdu } from "#simulator/snmp/pdu-agent.ts";
import { createServer, type RackServer } from "./rack-server.ts";
import { createUps, type RackUps } from "./rack-ups.ts";

/** The rack of the demonstration: two UPSs, a metered PDU with 24 outlets on one of them, and two servers on two of its outlets. */
export interface Rack {
  readonly upses: readonly RackUps[];
  readonly pdu: SimulatedPdu;
  readonly servers: readonly RackServer[];
  mains: boolean;
  /** Lets `seconds` pass: batteries drain or charge, energy adds up, servers start and stop. */
  tick(seconds: number): void;
}

interface Outlet {
  label: string;
  on: boolean;
  /** Seconds until it is switched on again. */
  cycling: number;
  /** What stands behind it draws, in W, when it is no server. */
  readonly watts: number;
  energy: number;
}

/** Name and W of what is plugged in; the rest is free. */
const loads: readonly (readonly [string, number])[] = [
  ["Router", 14],
  ["Switch", 38],
  ["web", 0],
  ["db", 0],
  ["NAS", 46],
  ["Access point", 9],
  ["KVM", 6],
];
const outletCount = 24;
/** As long as an APC PDU waits by default (rPDU2OutletSwitchedConfigRebootDuration). */
const cycleSeconds = 5;

const createOutlets = (): Outlet[] =>
  Array.from({ length: outletCount }, (_, at): Outlet => {
    const [label = `Outlet ${at + 1}`, watts = 0] = loads[at] ?? [];
    return { label, on: true, cycling: 0, watts, energy: 100 + at * 7.3 };
  });

export const createRack = (): Rack => {
  const outlets = createOutlets();
  const servers = [createServer("web", 3, "SIM-1001", 118), createServer("db", 4, "SIM-1002", 164)];
  let mains = true;
  const wattsOf = (at: number): number => {
    const outlet = outlets[at];
    if (!outlet?.on || !rackUps.feeds) return 0;
    return servers.find((server) => server.outlet === at + 1)?.watts ?? outlet.watts;
  };
  const total = (): number => outlets.reduce((sum, _, at) => sum + wattsOf(at), 0);
  const rackUps = createUps({
    name: "rack",
    description: "Rack",
    model: "Simulated 1500",
    serial: "SIM-U1",
    battery: 40,
    nominal: 900,
    load: () => (outlets.length > 0 ? total() : 0),
  });
  const officeUps = createUps({ name: "office", description: "Office", model: "Simulated 700", serial: "SIM-U2", battery: 12, nominal: 390, load: () => 62 });

  const pdu: SimulatedPdu = {
    model: "AP8941",
    serial: "SIM-P1",
    firmware: "v7.1.4",
    name: "rack-pdu",
    get outlets() {
      return outlets.map(({ label, on, cycling, energy }, at): SimulatedOutlet => ({
        number: at + 1,
        label,
        on,
        pending: cycling > 0,
        watts: wattsOf(at),
        energy,
      }));
    },
    switch: (number, to) => {
      const outlet = outlets[number - 1];
      if (!outlet) return;
      outlet.on = to === "on";
      outlet.cycling = to === "cycle" ? cycleSeconds : 0;
      // What stands behind it knows at once.
      tick(0);
    },
  };

  const tick = (seconds: number): void => {
    outlets.forEach((outlet, at) => {
      outlet.energy += (wattsOf(at) * seconds) / 3_600_000;
      if (outlet.cycling > 0 && (outlet.cycling -= seconds) <= 0) outlet.on = true;
    });
    for (const ups of [officeUps, rackUps]) ups.tick(seconds, mains);
    for (const server of servers) server.tick(seconds, rackUps.feeds && outlets[server.outlet - 1]?.on === true);
  };

  return {
    upses: [officeUps, rackUps],
    pdu,
    servers,
    get mains() {
      return mains;
    },
    set mains(value) {
      mains = value;
      // What hangs on the mains knows at once.
      tick(0);
    },
    tick,
  };
};
