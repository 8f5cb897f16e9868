/** A UPS behind the simulated server. */
export interface SimulatedUps {
  readonly name: string;
  readonly description: string;
  /** As they are at this moment. */
  variables(): ReadonlyMap<string, string>;
  readonly commands: readonly string[];
  /** Carries out one of `commands`. */
  command(name: string): "ok" | "failed";
}

/** Somebody who may do everything. */
export interface SimulatedUser {
  readonly name: string;
  readonly password: string;
}
