import type { SimulatedBmc } from "#simulator/bmc/server.ts";

/** A server of the simulated rack. Its BMC lives on standby power of its own, so that it can be asked while the server is off. */
export interface RackServer extends SimulatedBmc {
  readonly name: string;
  /** The outlet that feeds it. */
  readonly outlet: number;
  /** Lets `seconds` pass; `fed`: its outlet gives power. A server that lost power comes back with it (restore policy "previous"). */
  tick(seconds: number, fed: boolean): void;
}

const standby = 9;
/** An operating system needs a moment to stop, and a power cycle a moment without power. */
const shutdownSeconds = 3;
const cycleSeconds = 2;
/** IPMI 2.0, 28.5: the default interval of Chassis Identify. */
const identifySeconds = 15;

export const createServer = (name: string, outlet: number, serial: string, busy: number): RackServer => {
  let wanted = true;
  let fed = true;
  let identifying = 0;
  let stopping = 0;
  let cycling = 0;
  let age = 0;
  const running = (): boolean => wanted && fed && cycling <= 0;
  const watts = (): number => (running() ? busy + 12 * Math.sin(age / 20) : fed ? standby : 0);
  const warmth = (): number => (running() ? 41 + 4 * Math.sin(age / 60) : 22);
  return {
    name,
    outlet,
    manufacturer: "Rack Power",
    product: "Simulated Server",
    serial,
    get on() {
      return running();
    },
    get watts() {
      return Math.round(watts());
    },
    get identify() {
      return identifying > 0;
    },
    get sensors() {
      const rpm = running() ? 4200 + 30 * warmth() : 0;
      return [
        { name: "CPU Temp", kind: "temperature", value: Math.round(warmth() + 12) },
        { name: "System Temp", kind: "temperature", value: Math.round(warmth()) },
        { name: "FAN1", kind: "fan", value: Math.round(rpm / 100) * 100 },
        { name: "FAN2", kind: "fan", value: Math.round(rpm / 100) * 100 },
        { name: "12V", kind: "voltage", value: running() ? 12.06 : 0 },
        { name: "PS1 Input Power", kind: "power", value: Math.round(watts()) },
      ] as const;
    },
    control: (action) => {
      if (action === "on") wanted = true;
      if (action === "off") wanted = false;
      if (action === "shutdown" && running()) stopping = shutdownSeconds;
      if (action === "cycle" && running()) cycling = cycleSeconds;
      if (action === "identify") identifying = identifySeconds;
    },
    tick: (seconds, fedNow) => {
      fed = fedNow;
      age += seconds;
      if (cycling > 0) cycling -= seconds;
      if (identifying > 0) identifying -= seconds;
      if (stopping > 0 && (stopping -= seconds) <= 0) wanted = false;
    },
  };
};
