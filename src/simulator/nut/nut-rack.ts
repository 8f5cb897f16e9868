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

/** What the server knows of one connection. */
export interface NutClient {
  readonly address: string;
  username?: string;
  password?: string;
  /** The UPS for which it has said LOGIN. */
  login?: string;
  tracking: boolean;
  /** What became of the commands that it tracks. */
  readonly outcomes: Map<string, string>;
}

export interface NutRack {
  readonly users: readonly SimulatedUser[];
  upses(): readonly SimulatedUps[];
  clients(): readonly NutClient[];
}

/** upsd takes any name and password and looks at them only when they are needed. */
export const isTrusted = ({ username, password }: NutClient, { users }: NutRack): boolean =>
  users.some((user) => user.name === username && user.password === password);
