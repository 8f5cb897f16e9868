import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import type { NutLimits, NutTls, NutUser } from "#publish/nut/option.ts";
import { startNutServer, type NutServer } from "#publish/nut/server.ts";
import { createStoreRack } from "#publish/nut/store-rack.ts";
import { user } from "../publish/nut-user.ts";
import { type EngineRig, startEngine } from "./engine-rig.ts";

/** The same as in the rig's upsd.users, and one for upscmd and upsrw, which send passwords without quotes. */
export const users: readonly NutUser[] = [
  user("admin", "correct horse", { commands: "all", set: true }),
  user("operator", "horse", { commands: "all", set: true }),
  user("muter", "mute", { commands: ["beeper.mute"] }),
  user("viewer", "view"),
  user("watcher", "watch", { role: "secondary" }),
  user("boss", "boss", { role: "primary" }),
];

export interface ServedRack extends AsyncDisposable {
  readonly rig: EngineRig;
  readonly server: NutServer;
  readonly lines: readonly string[];
}

export interface ServedOptions {
  readonly users?: readonly NutUser[];
  readonly tls?: NutTls;
  readonly limits?: Partial<NutLimits>;
  readonly names?: Readonly<Record<string, string>>;
  readonly host?: string;
}

/** Drivers, engine, store and our own NUT server before them, as the program puts them together. */
export const serveRack = async (options: ServedOptions = {}): Promise<ServedRack> => {
  const rig = startEngine();
  const lines: string[] = [];
  const log = createLog("debug", (line) => lines.push(line));
  const rack = createStoreRack({ store: rig.store, bus: rig.engine.bus, clock: systemClock, log, names: () => options.names ?? {} });
  const server = await startNutServer(
    { host: options.host ?? "127.0.0.1", port: 0, users: options.users ?? users, tls: options.tls, ...(options.limits && { limits: options.limits }) },
    { rack, clock: systemClock, log, version: "1.2.3" },
  );
  return {
    rig,
    server,
    lines,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rack[Symbol.dispose]();
      await rig[Symbol.asyncDispose]();
    },
  };
};
