import { connectAsync, type IPublishPacket, type MqttClient } from "mqtt";
import { expect } from "vitest";
import type { Command } from "#domain/command.ts";
import type { Outcome, Refusal, Verdict } from "#domain/outcome.ts";
import type { Bus } from "#engine/bus.ts";
import { systemClock, type Clock } from "#platform/clock.ts";
import { openDatabase, type Database } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import type { MqttOptions, MqttPublisher } from "#publish/mqtt/option.ts";
import { startMqtt } from "#publish/mqtt/publisher.ts";
import type { Store } from "#store/store.ts";
import { eventSource, type EventSource } from "./event-source.ts";

export interface FakeBus extends Bus {
  readonly submitted: readonly Command[];
  readonly refused: readonly (readonly [string, Refusal])[];
  /** How the next commands end. */
  verdict: Verdict;
}

/** Takes every command and ends it at once. */
export const fakeBus = (): FakeBus => {
  const submitted: Command[] = [];
  const refused: [string, Refusal][] = [];
  const listeners = new Set<(outcome: Outcome) => void>();
  let count = 0;
  const end = (command: Command, verdict: Verdict, detail: string): Outcome => {
    const outcome: Outcome = { ...verdict, id: `outcome-${++count}`, command, detail, writes: 0, askedAt: 1, endedAt: 2 };
    for (const listener of listeners) listener(outcome);
    return outcome;
  };
  const bus: FakeBus = {
    submitted,
    refused,
    verdict: { state: "confirmed" },
    submit: (command) => {
      submitted.push(command);
      return { id: "submission", outcome: Promise.resolve().then(() => end(command, bus.verdict, "done")) };
    },
    refuse: (command, refusal, detail) => {
      refused.push([command.name, refusal]);
      return end(command, { state: "refused", refusal }, detail);
    },
    acceptLabel: () => Promise.resolve(),
    running: () => [],
    outcomes: () => [],
    outcome: () => undefined,
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
  return bus;
};

/** Everything takes a tenth of its time: pauses of seconds are no time to spend in a test. */
const quick = 10;
export const quickClock: Clock = {
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * quick,
  sleep: (ms, signal) => systemClock.sleep(ms / quick, signal),
  after: (ms, act) => systemClock.after(ms / quick, act),
};

export interface Publisher extends AsyncDisposable {
  readonly mqtt: MqttPublisher;
  readonly bus: FakeBus;
  readonly events: EventSource;
  readonly database: Database;
  /** Lines of the log above debug, without time and with `broker` for its address. */
  readonly lines: readonly string[];
}

export const startPublisher = (
  store: Store,
  options: Partial<MqttOptions> & { readonly url: string },
  database = openDatabase(":memory:", () => undefined),
  clock = quickClock,
  language?: () => string | undefined,
  page?: () => string | undefined,
): Publisher => {
  const lines: string[] = [];
  const bus = fakeBus();
  const events = eventSource();
  const log = createLog(
    "info",
    (line) =>
      void lines.push(
        line
          .trimEnd()
          .replace(/^.*?(INFO|WARN|ERROR)/, "$1")
          .replace(/127\.0\.0\.1:\d+/g, "broker"),
      ),
  );
  const mqtt = startMqtt(
    { clientId: "rack-power-test", ...options },
    { store, bus, events, log, clock, database, version: "1.2.3", url: "https://example.org/rack-power", ...(language && { language }), ...(page && { page }) },
  );
  return { mqtt, bus, events, database, lines, [Symbol.asyncDispose]: () => mqtt[Symbol.asyncDispose]() };
};

export interface Observer extends AsyncDisposable {
  readonly client: MqttClient;
  /** Every message since it began to listen, in order. */
  readonly messages: readonly (readonly [topic: string, payload: string, packet: IPublishPacket])[];
  /** What the broker keeps now under each topic, as far as was told. */
  readonly kept: ReadonlyMap<string, string>;
  count(filter: (topic: string, payload: string) => boolean): number;
}

/** Listens to everything, and remembers. */
export const observe = async (url: string, filters: readonly string[] = ["#"], more: object = {}): Promise<Observer> => {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 20, ...more });
  const messages: (readonly [string, string, IPublishPacket])[] = [];
  const kept = new Map<string, string>();
  client.on("message", (topic, payload, packet) => {
    messages.push([topic, String(payload), packet]);
    if (!packet.retain) return;
    if (payload.length === 0) kept.delete(topic);
    else kept.set(topic, String(payload));
  });
  await client.subscribeAsync(Object.fromEntries(filters.map((filter) => [filter, { qos: 0 as const, rap: true }])));
  return {
    client,
    messages,
    kept,
    count: (filter) => messages.filter(([topic, payload]) => filter(topic, payload)).length,
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
};

/** A document that was published, as an object. */
export const document = (observer: Observer, device: string): { readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>> } =>
  JSON.parse(observer.kept.get(`homeassistant/device/rack-power_${device}/config`) ?? expect.fail(`no document of ${device}`)) as never;
