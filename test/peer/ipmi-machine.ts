import { type BmcServer, type ChassisAction, type SimulatedSensor, startBmc } from "#simulator/bmc/server.ts";

/** Our own BMC with a machine that remembers what reached it. User ADMIN/ADMIN unless told otherwise. */
export interface TestMachine extends AsyncDisposable {
  readonly server: BmcServer;
  readonly port: number;
  readonly host: string;
  readonly journal: readonly ChassisAction[];
  on: boolean;
  watts: number;
  sensors: SimulatedSensor[];
}

const usualSensors: readonly SimulatedSensor[] = [
  { name: "CPU Temp", kind: "temperature", value: -7 },
  { name: "FAN1", kind: "fan", value: 5200 },
  { name: "12V", kind: "voltage", value: 12.05 },
  { name: "PSU1 Power", kind: "power", value: 131 },
];

export const startMachine = async (options: Partial<Omit<Parameters<typeof startBmc>[0], "bmc">> = {}): Promise<TestMachine> => {
  const journal: ChassisAction[] = [];
  let identify = false;
  const state = { on: false, watts: 123, sensors: [...usualSensors] };
  const control = (action: ChassisAction): void => {
    journal.push(action);
    if (action === "identify") identify = true;
    else if (action === "off" || action === "shutdown") state.on = false;
    else state.on = true;
  };
  const server = await startBmc({
    host: "127.0.0.1",
    username: "ADMIN",
    password: "ADMIN",
    ...options,
    bmc: () => ({ manufacturer: "Rack", product: "Node", serial: "S1", ...state, identify, control }),
  });
  return Object.assign(state, { server, port: server.port, host: "127.0.0.1", journal, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
};
