import type { Command } from "#domain/command.ts";
import type { Description, DeviceSettings } from "#domain/device.ts";
import type { Answer } from "#domain/identified.ts";
import { repair } from "#domain/repair.ts";
import { Fault } from "#domain/fault.ts";
import type { Outcome, Verdict } from "#domain/outcome.ts";
import type { Bus, Running } from "#engine/bus.ts";
import { systemClock, type Clock } from "#platform/clock.ts";
import { sha256 } from "#platform/digest.ts";
import { createLog, type Log } from "#platform/log.ts";
import type { Scope } from "#domain/scope.ts";
import type { ApiKey } from "#publish/rest/key-ring.ts";
import type { AtHomeAssistant, Ingress, RestDependencies, RestLimits } from "#publish/rest/option.ts";
import { startRest, type RestServer } from "#publish/rest/server.ts";
import { createStore, type Store } from "#store/store.ts";
import { eventSource, type EventSource } from "./event-source.ts";

export const keyOf = { read: "canary-read-6f1c", control: "canary-control-93ab", admin: "canary-admin-b27d" } as const;
export const keys: readonly ApiKey[] = (["read", "control", "admin"] as const satisfies readonly Scope[]).map((scope) => ({
  name: `the ${scope} one`,
  hash: sha256(keyOf[scope]),
  scopes: [scope],
}));

const settings = (id: string, more: Partial<DeviceSettings> = {}): DeviceSettings => ({ id, driver: "snmp", fedBy: [], interval: 10, parts: {}, ...more });

const pdu: Description = {
  manufacturer: "APC",
  model: "AP8941",
  serial: "5A1227E00234",
  mac: ["00:c0:b7:01:02:03"],
  parts: [3, 7, 8].map((outlet) => ({
    id: `outlet/${outlet}`,
    label: `socket ${outlet}`,
    points: ["outlet.on", "outlet.label", "meter.power", "meter.energy"],
    commands: ["outlet.on", "outlet.off", "outlet.cycle"],
  })),
};
const bmc: Description = {
  parts: [{ id: "chassis", points: ["chassis.on", "chassis.restorePolicy"], commands: ["chassis.on", "chassis.off", "chassis.reset"] }],
};
const ups: Description = { parts: [{ id: "ups", points: ["ups.status", "ups.charge", "ups.onBattery"], commands: ["ups.beeperOff"] }] };

const addPdu = (store: Store, at: number): void => {
  store.settle(
    settings("rack-pdu", { name: "Rack PDU", area: "Cellar", parts: { "outlet/3": { name: "NAS", lock: "locked" }, "outlet/7": { lock: "confirm" } } }),
    { state: "online", since: at },
  );
  store.describe("rack-pdu", pdu);
  store.put(
    "rack-pdu",
    [3, 7, 8].flatMap((outlet) => [
      { part: `outlet/${outlet}`, point: "outlet.on" as const, value: true },
      { part: `outlet/${outlet}`, point: "meter.power" as const, value: 41.04 + outlet },
      { part: `outlet/${outlet}`, point: "meter.energy" as const, value: 0.1 + 0.2 },
    ]),
    at,
  );
};

/** A store with a PDU, a server, a UPS that is away and an entry that is wrong. */
const filledStore = (at: number): Store => {
  const store = createStore();
  addPdu(store, at);
  store.settle(settings("web", { driver: "ipmi", fedBy: [{ device: "rack-pdu", part: "outlet/8" }] }), { state: "online", since: at });
  store.describe("web", bmc);
  store.put(
    "web",
    [
      { part: "chassis", point: "chassis.on", value: true },
      { part: "chassis", point: "chassis.restorePolicy", value: "previous" },
    ],
    at,
  );
  store.settle(settings("office-ups", { driver: "nut" }), { state: "online", since: at });
  store.describe("office-ups", ups);
  store.put(
    "office-ups",
    [
      { part: "ups", point: "ups.status", value: ["OL", "CHRG"] },
      { part: "ups", point: "ups.charge", value: 100 },
      { part: "ups", point: "ups.onBattery", value: false },
    ],
    at,
  );
  store.expire("office-ups", at + 1);
  store.connect("office-ups", { state: "offline", since: at, fault: "timeout", detail: "no answer within 2 s" });
  store.settle(settings("attic", { driver: "snpm" }), {
    state: "quarantined",
    since: at,
    detail: "rack-power.yaml:9:13: there is no driver snpm; did you mean snmp?",
  });
  return store;
};

/** What a PDU that is asked what it is gives. */
export const pduAnswer: Answer = {
  driver: "snmp",
  description: pdu,
  readings: [
    { part: "outlet/3", point: "outlet.on", value: true },
    { part: "outlet/3", point: "meter.power", value: 41.04 },
  ],
  id: "ap8941",
  yaml: "  ap8941:\n    driver: snmp\n    host: 10.0.0.2\n    community: !secret ap8941-community\n",
  entry: { driver: "snmp", host: "10.0.0.2", community: "!secret ap8941-community" },
};

const counter = { sensor: "sensor.rack_pdu_outlet_8_energy", name: "Rack PDU Outlet 8 energy", power: "sensor.rack_pdu_outlet_8_power" };
const orphan = { entityId: "sensor.cellar_a", uniqueId: "rack-power_cellar_a", name: "Cellar a" };

/** A Home Assistant that lacks one counter and has one entity too many, always. */
const fakeHome: AtHomeAssistant = {
  energy: async () => [counter],
  addEnergy: async (agreed) => (agreed.includes(counter.sensor) ? [counter] : []),
  orphans: async () => [orphan],
  removeOrphans: async (agreed) => (agreed.includes(orphan.uniqueId) ? [orphan] : []),
};

export interface FakeBus extends Bus {
  readonly submitted: Command[];
  readonly accepted: string[];
  /** What the next commands come to; a promise lets a command run. */
  answer: (command: Command) => Verdict | Promise<Verdict>;
  listeners(): number;
}

export const fakeBus = (store: Store): FakeBus => {
  const ended: Outcome[] = [];
  const running = new Map<string, Running>();
  const listeners = new Set<(outcome: Outcome) => void>();
  let count = 0;
  const usual = ({ device, part, name }: Command): Verdict => {
    const found = store.device(device)?.parts.get(part);
    if (!found) return { state: "refused", refusal: "not-known" };
    return found.description.commands.includes(name) ? { state: "confirmed" } : { state: "refused", refusal: "not-capable" };
  };
  const end = (id: string, command: Command, askedAt: number, verdict: Verdict): Outcome => {
    const outcome: Outcome = {
      ...verdict,
      id,
      command,
      detail: `it is ${verdict.state}`,
      writes: verdict.state === "confirmed" ? 1 : 0,
      askedAt,
      endedAt: Date.now(),
    };
    running.delete(id);
    ended.unshift(outcome);
    for (const listener of listeners) listener(outcome);
    return outcome;
  };
  const bus: FakeBus = {
    submitted: [],
    accepted: [],
    answer: usual,
    listeners: () => listeners.size,
    submit: (command) => {
      const id = `outcome-${++count}`;
      const askedAt = Date.now();
      bus.submitted.push(command);
      running.set(id, { id, command, askedAt });
      return { id, outcome: Promise.resolve(bus.answer(command)).then((verdict) => end(id, command, askedAt, verdict)) };
    },
    refuse: (command, refusal) => end(`outcome-${++count}`, command, Date.now(), { state: "refused", refusal }),
    acceptLabel: async (device, part, label) => {
      const now = store.device(device)?.parts.get(part)?.description.label;
      if (label !== now) throw new Fault("rejected", `the device now calls it "${now}"`);
      bus.accepted.push(`${device} ${part} ${label}`);
    },
    running: () => [...running.values()],
    outcomes: ({ device, part, limit }) =>
      ended.filter(({ command }) => (device === undefined || command.device === device) && (part === undefined || command.part === part)).slice(0, limit),
    outcome: (id) => ended.find((outcome) => outcome.id === id),
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
  return bus;
};

export interface Rig extends AsyncDisposable {
  readonly server: RestServer;
  readonly store: Store;
  readonly bus: FakeBus;
  readonly events: EventSource;
  readonly lines: string[];
  /** Asks with a key of this scope, or without one. */
  ask(path: string, scope?: Scope, init?: RequestInit): Promise<Response>;
  /** Gives a command with the control key. */
  command(
    device: string,
    part: string,
    name: string,
    more?: { readonly body?: object; readonly headers?: Record<string, string>; readonly scope?: Scope },
  ): Promise<Response>;
}

export const startRig = async (
  options: {
    readonly limits?: Partial<RestLimits>;
    readonly ingress?: Ingress;
    readonly clock?: Clock;
    readonly bus?: Partial<Bus>;
    /** Null: the program is no add-on. */
    readonly home?: AtHomeAssistant | null;
  } & Partial<RestDependencies> = {},
): Promise<Rig> => {
  const store = filledStore(Date.UTC(2026, 0, 31, 12));
  const bus = fakeBus(store);
  const events = eventSource();
  const lines: string[] = [];
  const log: Log = createLog("debug", (line) => void lines.push(line));
  const { limits, ingress, clock = systemClock, home = fakeHome, ...more } = options;
  const server = await startRest(
    { host: "127.0.0.1", port: 0, keys, ...(limits && { limits }), ...(ingress && { ingress }) },
    {
      store,
      log,
      clock,
      version: "1.2.3",
      confirmationLife: 120_000,
      health: () => ({ state: "degraded", problems: ["office-ups does not answer"] }),
      reload: async () => ({ accepted: true, problems: [] }),
      repairs: () => [
        repair({ kind: "quarantined", device: "attic", file: "rack-power.yaml", line: 9, column: 13 }, "there is no driver snpm"),
        repair({ kind: "label-changed", device: "rack-pdu", part: "outlet/8", label: "socket 8", accepted: "socket VIII" }, "another name"),
      ],
      entities: () => ({ deviceIdentifiers: ["rack-power_web"], uniqueIds: ["rack-power_web_chassis_chassis-on"] }),
      identify: async ({ driver }) => [...(driver === undefined ? [pduAnswer] : []), { driver: driver ?? "nut", why: "not tried; it needs ups" }],
      ...(home && { atHomeAssistant: home }),
      addDevice: async (id) => (store.device(id) ? { ok: false, why: "exists", detail: `there is a device ${id} already`, problems: [] } : { ok: true }),
      setLogLevel: () => undefined,
      ...more,
      bus,
      events,
    },
  );
  const ask: Rig["ask"] = (path, scope, init = {}) =>
    fetch(`${server.url}${path}`, {
      ...init,
      headers: { ...(scope && { "x-api-key": keyOf[scope] }), ...(init.headers as Record<string, string> | undefined) },
    });
  return {
    server,
    store,
    bus,
    events,
    lines,
    ask,
    command: (device, part, name, { body = {}, headers = {}, scope = "control" } = {}) =>
      ask(`/api/v1/devices/${device}/parts/${part}/commands`, scope, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ command: name, ...body }),
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
