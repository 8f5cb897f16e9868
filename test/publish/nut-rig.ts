import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Description, Reading } from "#domain/device.ts";
import { systemClock, type Clock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import type { NutLimits, NutTls, NutUser } from "#publish/nut/option.ts";
import { startNutServer, type NutServer } from "#publish/nut/server.ts";
import { createStoreRack } from "#publish/nut/store-rack.ts";
import { createStore, type Store } from "#store/store.ts";
import { until } from "../peer/until.ts";
import { user } from "./nut-user.ts";
import { fakeBus, type FakeBus } from "./rest-rig.ts";

const ups: Description = {
  manufacturer: "EATON",
  model: "Ellipse PRO",
  parts: [
    { id: "ups", points: ["ups.status", "ups.charge", "ups.communicationLost"], commands: ["ups.beeperMute", "ups.loadOff", "ups.shutdownReturn"] },
    { id: "variable/ups.id", points: ["variable.text"], commands: ["variable.set"], limits: { longest: 8 } },
  ],
};
const pdu: Description = { parts: [{ id: "outlet/1", points: ["outlet.on"], commands: ["outlet.on", "outlet.off"] }] };

const status = (words: readonly string[]): Reading => ({ part: "ups", point: "ups.status", value: words });

const addUps = (store: Store, id: string, name?: string): void => {
  store.settle({ id, driver: "snmp", fedBy: [], interval: 10, parts: {}, ...(name !== undefined && { name }) }, { state: "online", since: 0 });
  store.describe(id, ups);
  store.put(id, [status(["OL"]), { part: "ups", point: "ups.charge", value: 87 }, { part: "variable/ups.id", point: "variable.text", value: "rack" }], 0);
};

/** One connection, as lines. */
export interface Talk extends AsyncDisposable {
  readonly socket: Socket;
  /** Sends it as it is. */
  send(text: string): void;
  /** All that has come so far. */
  heard(): string;
  /** Sends lines; gives what came when it ends with a line that matches. */
  ask(line: string, end?: RegExp): Promise<string>;
  readonly closed: boolean;
}

const talk = async (port: number, from: string): Promise<Talk> => {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from, noDelay: true });
  let text = "";
  let closed = false;
  socket
    .setEncoding("utf8")
    .on("data", (chunk: string) => (text += chunk))
    .on("close", () => (closed = true))
    .on("error", () => (closed = true));
  await once(socket, "connect");
  return {
    socket,
    send: (sent) => void socket.write(sent),
    heard: () => text,
    ask: async (line, end = /\n$/) => {
      const at = text.length;
      socket.write(`${line}\n`);
      await until(() => end.test(text.slice(at)), `an answer to ${line}`);
      return text.slice(at);
    },
    get closed() {
      return closed;
    },
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
};

export interface NutRig extends AsyncDisposable {
  readonly server: NutServer;
  readonly store: Store;
  readonly bus: FakeBus;
  readonly lines: readonly string[];
  set(id: string, ...words: readonly string[]): void;
  /** `from`: another address of this machine. */
  talk(from?: string): Promise<Talk>;
  /** On a connection of its own: the answers, without those to the login. */
  as(name: string, password: string, ...lines: readonly string[]): Promise<string>;
}

export const users: readonly NutUser[] = [
  user("admin", "horse", { commands: "all", set: true }),
  user("named", "word", { commands: ["load.off", "beeper.mute"] }),
  user("watcher", "watch", { role: "secondary", devices: ["office-ups"] }),
  user("boss", "boss", { role: "primary" }),
];

interface RigOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<NutLimits>;
  readonly tls?: NutTls;
  readonly host?: string;
}

/** Our NUT server before a store with two UPSs and a PDU, and a bus that does what it is told. */
export const startNutRig = async ({ clock = systemClock, limits, tls, host = "127.0.0.1" }: RigOptions = {}): Promise<NutRig> => {
  const store = createStore();
  addUps(store, "office-ups", "Office UPS");
  addUps(store, "lab");
  store.settle({ id: "pdu", driver: "snmp", fedBy: [], interval: 10, parts: {} }, { state: "online", since: 0 });
  store.describe("pdu", pdu);
  const bus = fakeBus(store);
  const lines: string[] = [];
  const log = createLog("debug", (line) => lines.push(line));
  const rack = createStoreRack({ store, bus, clock, log, names: () => ({ ups: "office-ups" }) });
  const server = await startNutServer({ host, port: 0, users, tls, ...(limits && { limits }) }, { rack, clock, log, version: "1.2.3" });
  const open = (from = "127.0.0.1"): Promise<Talk> => talk(server.port, from);
  return {
    server,
    store,
    bus,
    lines,
    set: (id, ...words) => store.put(id, [status(words)], 0),
    talk: open,
    as: async (name, password, ...asked) => {
      await using one = await open();
      const text = await one.ask([`USERNAME ${name}`, `PASSWORD ${password}`, ...asked, "LOGOUT"].join("\n"), /OK Goodbye\n$/);
      return text.split("\n").slice(2, -2).join("\n");
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rack[Symbol.dispose]();
    },
  };
};
