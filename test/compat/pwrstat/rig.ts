import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { startPwrstat, type Pwrstat } from "#compat/pwrstat/pwrstat.ts";
import type { MessageOptions, PwrstatOptions } from "#compat/pwrstat/option.ts";
import type { PointName } from "#domain/capability.ts";
import type { DeviceState } from "#store/read.ts";
import { systemClock, type Clock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { createStore, type Store } from "#store/store.ts";
import type { Sample } from "./sample.ts";

type State = NonNullable<Sample["state"]>;

const settings = { id: "office-ups", driver: "any", fedBy: [], interval: 10, parts: {} } as const;

/** The UPS answers, and this is its state. `more`: points that it has, and that have no value. */
export const setState = (store: Store, { model, firmware, readings }: State, more: readonly PointName[] = []): void => {
  const parts = [...new Set(readings.map(({ part }) => part))].map((id) => ({
    id,
    points: [...readings.filter(({ part }) => part === id).map(({ point }) => point), ...(id === "ups" ? more : [])],
    commands: [],
  }));
  store.settle(settings, { state: "online", since: 1 });
  store.describe(settings.id, { ...(model !== undefined && { model }), ...(firmware !== undefined && { firmware }), parts });
  store.put(settings.id, readings, 1);
};

/** It does not answer any more. */
export const lose = (store: Store): void => {
  store.expire(settings.id, Number.POSITIVE_INFINITY);
  store.connect(settings.id, { state: "offline", since: 2, fault: "timeout", detail: "no answer" });
};

/** A store that knows the UPS, which has not answered yet or is in this state. */
export const storeWith = (state?: State, more: readonly PointName[] = []): Store => {
  const store = createStore();
  store.settle(settings, { state: "connecting", since: 0 });
  if (state) setState(store, state, more);
  return store;
};

/** The only UPS of the store. */
export const stateOf = (store: Store): DeviceState => {
  const device = store.device(settings.id);
  if (!device) throw new Error("there is no UPS");
  return device;
};

export const anyPort = { host: "127.0.0.1", port: 0 } as const;
export const messageTo = (url: string, more: Partial<MessageOptions> = {}): MessageOptions => ({
  url,
  topic: "sensors/basement/power/ups",
  clientId: "pwrstat_mqtt",
  refresh: 30,
  qos: 0,
  retained: true,
  tls: { rejectUnauthorized: true },
  ...more,
});

export interface Rig extends AsyncDisposable {
  readonly pwrstat: Pwrstat;
  readonly store: Store;
  readonly lines: readonly string[];
  ask(path: string, init?: RequestInit): Promise<Response>;
  metrics(): Promise<string>;
}

/** All three ways out of a store. */
export const startRig = async (store: Store, options: Partial<PwrstatOptions> = {}, clock: Clock = systemClock): Promise<Rig> => {
  const lines: string[] = [];
  const log = createLog("debug", (line) => void lines.push(line));
  const pwrstat = await startPwrstat(
    { device: settings.id, exact: false, rest: anyPort, prometheus: { ...anyPort, labels: { rack: "0" } }, ...options },
    { store, clock, log },
  );
  return {
    pwrstat,
    store,
    lines,
    ask: (path, init) => fetch(`${pwrstat.url}${path}`, init),
    metrics: async () => (await fetch(`${pwrstat.metricUrl}/metrics`)).text(),
    [Symbol.asyncDispose]: () => pwrstat[Symbol.asyncDispose](),
  };
};

export interface Transcript {
  readonly status: number;
  readonly answer: string;
  /** Absent when nothing was sent. */
  readonly message?: string;
  /** Without the lines of help. */
  readonly metrics?: string;
  readonly metricStatus?: number;
}
/** What the forerunner did when it was run on each sample. */
export const transcripts = parse(readFileSync(join(import.meta.dirname, "transcript.yaml"), "utf8")) as Readonly<Record<string, Transcript>>;

export const withoutHelp = (metrics: string): string => metrics.replaceAll(/^# HELP .*\n/gm, "");
