/** The machine behind a simulated BMC, as it is at the moment it is asked. */
export interface SimulatedBmc {
  readonly manufacturer: string;
  readonly product: string;
  readonly serial: string;
  readonly on: boolean;
  readonly identify: boolean;
  readonly watts: number;
  /** Names of at most 16 characters. Which sensors there are must not change while the BMC runs, only their values. */
  readonly sensors: readonly SimulatedSensor[];
  control(action: ChassisAction): void;
}

/** °C, RPM, V or W. */
export interface SimulatedSensor {
  readonly name: string;
  readonly kind: "temperature" | "fan" | "voltage" | "power";
  readonly value: number;
}

export type ChassisAction = "on" | "off" | "cycle" | "reset" | "shutdown" | "diag" | "identify";
