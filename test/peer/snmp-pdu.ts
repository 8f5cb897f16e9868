import type { SimulatedOutlet, SimulatedPdu } from "#simulator/snmp/pdu-agent.ts";

export interface RecordedPdu extends SimulatedPdu {
  /** What the agent was told to do, in order. */
  readonly asked: { readonly number: number; readonly to: string }[];
  /** Somebody gives an outlet another name. */
  rename(number: number, label: string): void;
}

/** A PDU whose outlets obey at once. */
export const simulatedPdu = (count: number): RecordedPdu => {
  const outlets: SimulatedOutlet[] = Array.from({ length: count }, (_, at) => ({
    number: at + 1,
    label: `Outlet ${at + 1}`,
    on: true,
    pending: false,
    watts: 10 * (at + 1),
    energy: 100 + at,
  }));
  const asked: { number: number; to: string }[] = [];
  return {
    model: "AP8941",
    serial: "5A1234E00001",
    firmware: "7.1.2",
    name: "rack-pdu",
    outlets,
    asked,
    rename: (number, label) => {
      const outlet = outlets[number - 1];
      if (outlet) outlets[number - 1] = { ...outlet, label };
    },
    switch: (number, to) => {
      asked.push({ number, to });
      const outlet = outlets[number - 1];
      if (outlet) outlets[number - 1] = { ...outlet, on: to !== "off", watts: to === "off" ? 0 : 10 * number };
    },
  };
};
