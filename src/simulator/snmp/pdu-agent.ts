import { systemClock } from "#platform/clock.ts";
import { type SnmpAgent, type SnmpObject, createSnmpTree, errorStatus, startSnmpAgent } from "./agent.ts";
import type { SnmpValue } from "./message.ts";

export interface SimulatedOutlet {
  readonly number: number;
  readonly label: string;
  readonly on: boolean;
  /** A delayed switching is under way. */
  readonly pending: boolean;
  /** W */
  readonly watts: number;
  /** kWh */
  readonly energy: number;
}

/** A switched and metered PDU, as its agent sees it. The outlets stand in order and their number does not change. */
export interface SimulatedPdu {
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
  readonly name: string;
  readonly outlets: readonly SimulatedOutlet[];
  switch(number: number, to: "on" | "off" | "cycle"): void;
}

export interface PduAgentOptions {
  readonly host: string;
  readonly port?: number;
  readonly readCommunity: string;
  readonly writeCommunity: string;
  /** The PDU as it is now; asked at each request. */
  readonly pdu: () => SimulatedPdu;
}

const root = "1.3.6.1.4.1.318.1.1.26";
const mains = 230;
const text = (value: string): SnmpValue => ({ type: "text", value });
const integer = (value: number): SnmpValue => ({ type: "integer", value: Math.round(value) });
const oid = (value: string): SnmpValue => ({ type: "oid", value });
const sum = (pdu: SimulatedPdu, of: (outlet: SimulatedOutlet) => number): number => pdu.outlets.reduce((total, outlet) => total + of(outlet), 0);

/** rPDU2OutletSwitchedControlCommand of PowerNet-MIB: 1 immediate on, 2 immediate off, 3 immediate reboot. */
const verbs = new Map<unknown, "on" | "off" | "cycle">([
  [1, "on"],
  [2, "off"],
  [3, "cycle"],
]);

/** The outlet tables of PowerNet-MIB: control, status (1 off, 2 on) and meters (0.1 A, W, 0.1 kWh). */
const outletObjects = (at: number, pdu: () => SimulatedPdu): SnmpObject[] => {
  const outlet = (): SimulatedOutlet => pdu().outlets[at] as SimulatedOutlet;
  const { number } = outlet();
  const cell = (column: string, value: () => SnmpValue, set?: (value: SnmpValue) => number): SnmpObject => ({
    oid: `${root}.9.${column}.${number}`,
    value,
    ...(set && { set }),
  });
  return [
    cell("2.3.1.1", () => integer(number)),
    cell("2.3.1.2", () => integer(1)),
    cell("2.3.1.3", () => text(outlet().label)),
    cell("2.3.1.4", () => integer(number)),
    cell("2.3.1.5", () => integer(outlet().on ? 2 : 1)),
    cell("2.3.1.6", () => integer(outlet().pending ? 1 : 2)),
    cell(
      "2.4.1.5",
      () => integer(outlet().on ? 1 : 2),
      ({ value }) => {
        const verb = verbs.get(value);
        if (!verb) return errorStatus.wrongValue;
        pdu().switch(number, verb);
        return 0;
      },
    ),
    cell("4.3.1.6", () => integer((outlet().watts / mains) * 10)),
    cell("4.3.1.7", () => integer(outlet().watts)),
    cell("4.3.1.11", () => integer(outlet().energy * 10)),
  ];
};

const pduObjects = (pdu: () => SimulatedPdu): SnmpObject[] => {
  const object = (tail: string, value: () => SnmpValue): SnmpObject => ({ oid: tail.startsWith("1.3.") ? tail : `${root}.${tail}`, value });
  const watts = (): number => sum(pdu(), (outlet) => outlet.watts);
  return [
    object("1.3.6.1.2.1.1.1.0", () => text(`APC Web/SNMP Management Card (MN:${pdu().model} SN:${pdu().serial})`)),
    object("1.3.6.1.2.1.1.2.0", () => oid("1.3.6.1.4.1.318.1.3.4.6")),
    object("1.3.6.1.2.1.1.3.0", () => ({ type: "ticks", value: Math.floor(systemClock.monotonic() / 10) })),
    object("1.3.6.1.2.1.1.5.0", () => text(pdu().name)),
    object("2.1.3.1", () => text(pdu().name)),
    object("2.1.6.1", () => text(pdu().firmware)),
    object("2.1.8.1", () => text(pdu().model)),
    object("2.1.9.1", () => text(pdu().serial)),
    object("4.3.1.1.1", () => integer(1)),
    object("4.3.1.5.1", () => integer(watts() / 10)),
    object("4.3.1.9.1", () => integer(sum(pdu(), (outlet) => outlet.energy) * 10)),
    object("4.3.1.16.1", () => integer(watts() / 10)),
    object("4.3.1.17.1", () => integer(100)),
    object("6.3.1.1.1", () => integer(1)),
    object("6.3.1.5.1", () => integer((watts() / mains) * 10)),
    object("6.3.1.6.1", () => integer(mains)),
    object("6.3.1.7.1", () => integer(watts() / 10)),
    object("9.1.0", () => integer(pdu().outlets.length)),
  ];
};

/** A metered, switched APC Rack PDU 2G on SNMP version 1 and 2c. */
export const startPduAgent = ({ pdu, ...options }: PduAgentOptions): Promise<SnmpAgent> => {
  const tree = createSnmpTree([...pduObjects(pdu), ...pdu().outlets.flatMap((_, at) => outletObjects(at, pdu))]);
  return startSnmpAgent({ ...options, tree: () => tree });
};
