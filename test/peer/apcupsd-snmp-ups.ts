import { createSnmpTree, type SnmpAgent, startSnmpAgent } from "#simulator/snmp/agent.ts";
import type { SnmpValue } from "#simulator/snmp/message.ts";

const ups = "1.3.6.1.4.1.318.1.1.1";
const integer = (value: number): SnmpValue => ({ type: "integer", value });
const gauge = (value: number): SnmpValue => ({ type: "gauge", value });
const ticks = (value: number): SnmpValue => ({ type: "ticks", value });
const text = (value: string): SnmpValue => ({ type: "text", value: Buffer.from(value) });

/** The scalars of PowerNet-MIB that apcupsd reads, with values of our own. */
const idle: Readonly<Record<string, SnmpValue>> = {
  "1.1.1.0": text("Smart-UPS 1500"),
  "1.1.2.0": text("RACKUPS"),
  "1.2.1.0": text("UPS 09.3 (ID18)"),
  "1.2.2.0": text("02/14/2019"),
  "1.2.3.0": text("AS1907123456"),
  "2.1.1.0": integer(2),
  "2.1.2.0": ticks(0),
  "2.1.3.0": text("03/01/2023"),
  "2.2.1.0": gauge(97),
  "2.2.2.0": gauge(25),
  "2.2.3.0": ticks(270_000),
  "2.2.4.0": integer(1),
  "2.2.5.0": integer(0),
  "2.2.6.0": integer(0),
  "2.2.7.0": integer(24),
  "2.2.8.0": integer(27),
  "3.2.1.0": gauge(231),
  "3.2.2.0": gauge(235),
  "3.2.3.0": gauge(228),
  "3.2.4.0": gauge(50),
  "3.2.5.0": integer(1),
  "4.1.1.0": integer(2),
  "4.2.1.0": gauge(230),
  "4.2.2.0": gauge(50),
  "4.2.3.0": gauge(35),
  "4.2.4.0": gauge(2),
  "5.2.1.0": integer(230),
  "5.2.2.0": integer(253),
  "5.2.3.0": integer(208),
  "5.2.4.0": integer(1),
  "5.2.5.0": ticks(0),
  "5.2.6.0": integer(15),
  "5.2.7.0": integer(4),
  "5.2.8.0": ticks(12_000),
  "5.2.9.0": ticks(0),
  "5.2.10.0": ticks(18_000),
  "7.2.1.0": integer(3),
  "7.2.2.0": integer(1),
  "7.2.3.0": integer(1),
  "7.2.4.0": text("11/01/2026"),
  "8.1.0": integer(1),
  "11.1.1.0": text(`0001010000000000001${"0".repeat(45)}`),
};
const onBattery = { "4.1.1.0": integer(3), "3.2.1.0": gauge(0), "3.2.5.0": integer(4), "11.1.1.0": text(`0100010000000000001${"0".repeat(45)}`) };
const low = { ...onBattery, "2.1.1.0": integer(3), "11.1.1.0": text(`0110010000000000001${"0".repeat(45)}`) };

/** What the UPS can be told to be. */
export const upsStates = { idle: {}, onBattery, low } as const satisfies Record<string, Readonly<Record<string, SnmpValue>>>;

/** A Smart-UPS with a network card, for apcupsd to watch. */
export interface SnmpUps extends AsyncDisposable {
  /** For DEVICE of UPSTYPE snmp; without traps, which would need port 162. */
  readonly device: string;
  /** `silent`: the card does not answer. */
  be(state: keyof typeof upsStates | "silent"): void;
}

export const startSnmpUps = async (serial = "AS1907123456"): Promise<SnmpUps> => {
  let now: Readonly<Record<string, SnmpValue>> | undefined = { ...idle, "1.2.3.0": text(serial) };
  const base = now;
  const nothing = createSnmpTree([]);
  const tree = createSnmpTree([
    { oid: "1.3.6.1.2.1.1.2.0", value: () => ({ type: "oid", value: "1.3.6.1.4.1.318.1.3.27" }) },
    ...Object.keys(base).map((oid) => ({ oid: `${ups}.${oid}`, value: () => now?.[oid] ?? integer(0) })),
  ]);
  const community = (): string => (now ? "public" : "nobody");
  const agent: SnmpAgent = await startSnmpAgent({
    host: "127.0.0.1",
    get readCommunity() {
      return community();
    },
    writeCommunity: "private",
    tree: () => (now ? tree : nothing),
  });
  return {
    device: `127.0.0.1:${agent.port}:APC_NOTRAP:public`,
    be: (state) => {
      now = state === "silent" ? undefined : { ...base, ...upsStates[state] };
    },
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
};
