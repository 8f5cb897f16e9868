import { systemClock } from "#platform/clock.ts";
import { sha256 } from "#platform/digest.ts";
import { createLog } from "#platform/log.ts";
import type { NutRack, ServedUps } from "#publish/nut/rack.ts";
import { startNutServer as serve, type NutServer } from "#publish/nut/server.ts";
import type { SimulatedUps, SimulatedUser } from "./simulated-ups.ts";

export interface NutServerOptions {
  readonly host: string;
  /** Without it a free one. */
  readonly port?: number;
  readonly users: readonly SimulatedUser[];
  upses(): readonly SimulatedUps[];
}

const served = ({ name, description, variables, commands }: SimulatedUps): ServedUps => ({
  id: name,
  description,
  variables: new Map([...variables()].sort(([one], [other]) => (one < other ? -1 : 1))),
  writable: new Map(),
  commands: commands.toSorted(),
});

const rackOf = (upses: () => readonly SimulatedUps[]): NutRack => {
  const ups = (name: string): SimulatedUps | undefined => upses().find((one) => one.name.toLowerCase() === name.toLowerCase());
  return {
    upses: () => new Map(upses().map((one) => [one.name, served(one)])),
    find: (name) => {
      const found = ups(name);
      return found && served(found);
    },
    instruct: async ({ id }, command) => (ups(id)?.command(command) === "ok" ? "done" : "INSTCMD-FAILED"),
    set: async () => "READONLY",
    force: () => undefined,
  };
};

/** A server of Network UPS Tools on this machine, with UPSs that the caller makes up: the one of ours, which speaks as upsd does. */
export const startNutServer = ({ host, port = 0, users, upses }: NutServerOptions): Promise<NutServer> =>
  serve(
    { host, port, users: users.map(({ name, password }) => ({ name, hash: sha256(password), role: "secondary", commands: "all", set: true })) },
    { rack: rackOf(upses), clock: systemClock, log: createLog("error", () => undefined), version: "simulated" },
  );
