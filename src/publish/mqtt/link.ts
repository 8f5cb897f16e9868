import { connect, type IClientOptions, type IClientSubscribeOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { abortable } from "#platform/abort.ts";
import type { MqttOptions } from "./option.ts";
import { takenOverCode, troubleOf, type Trouble } from "./trouble.ts";

export type Protocol = 5 | 4;
export type Properties = NonNullable<IPublishPacket["properties"]>;
/** A message as it came. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  /** The broker sends it again, as it missed our acknowledgement. */
  readonly again: boolean;
  readonly properties: Properties | undefined;
}
export interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1;
  /** MQTT 5: not what we publish ourselves. */
  readonly notOwn?: boolean;
  /** MQTT 5: not the messages that the broker already keeps. */
  readonly notKept?: boolean;
  /** MQTT 5: tell of a message that comes now whether the broker keeps it. */
  readonly showRetain?: boolean;
}

/** The broker took the connection but not this topic. */
export class Denied extends Error {
  readonly topic: string;
  constructor(topic: string, message: string) {
    super(message);
    this.name = "Denied";
    this.topic = topic;
  }
}

/** One connection to the broker, from its CONNACK to its end. Nothing is queued beyond it. */
export interface Link {
  readonly protocol: Protocol;
  /** Aborted with the connection; the reason is the trouble's sentence. */
  readonly signal: AbortSignal;
  readonly ended: Promise<Trouble>;
  /** QoS 0, retained: gone when the connection is. */
  keep(topic: string, payload: string): void;
  /** QoS 1. Rejects with `Denied`, or when the connection ends before the broker has acknowledged. */
  deliver(topic: string, payload: string, options: { readonly retain: boolean; readonly properties?: Properties }): Promise<void>;
  /** The filters that the broker refused. */
  subscribe(subscriptions: readonly Subscription[]): Promise<readonly string[]>;
  /** True while the broker takes less than we send; then wait for `drained`. */
  readonly congested: boolean;
  drained(): Promise<void>;
  /** Ends it without a will; `force` leaves the will to the broker. */
  close(force: boolean): Promise<void>;
}

export interface LinkSettings {
  readonly options: MqttOptions;
  readonly protocol: Protocol;
  readonly will: { readonly topic: string; readonly payload: string };
  receive(message: Message): void;
  /** Ends the attempt, not the connection that came of it. */
  readonly signal: AbortSignal;
}

/** More than this in flight gains nothing on a local network, and many brokers allow only twenty (their Receive Maximum says so). */
const inFlight = 64;
const congestion = 1_000_000;

/** Counts out permissions, first come, first served. */
const createWindow = (size: number): { enter(): Promise<void> | undefined; leave(): void } => {
  let free = size;
  const waiting: (() => void)[] = [];
  return {
    enter: () => {
      if (free === 0) return new Promise((resolve) => waiting.push(resolve));
      free--;
      return undefined;
    },
    leave: () => {
      const next = waiting.shift();
      if (next) next();
      else free++;
    },
  };
};

const clientOptions = ({ options, protocol, will }: LinkSettings): IClientOptions => ({
  clientId: options.clientId,
  protocolVersion: protocol,
  clean: true,
  ...(protocol === 5 && { properties: { sessionExpiryInterval: 0, requestProblemInformation: true } }),
  will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true },
  ...(options.username !== undefined && { username: options.username }),
  ...(options.password && { password: options.password.reveal() }),
  ...options.tls,
  // The connection is made anew by us, so that nothing of the old one is sent late.
  reconnectPeriod: 0,
  resubscribe: false,
  queueQoSZero: false,
  // The cache is 65,536 buffers, 15 MB, to save a few bytes' writing for each message.
  writeCache: false,
  keepalive: 15,
  connectTimeout: 10_000,
});

const failure = (error: Error | null | undefined, topic: string): Error | undefined => {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  if (!error) return undefined;
  return typeof code === "number" && code >= 128 ? new Denied(topic, error.message) : error;
};

/** The filters that the broker refused, out of the codes of its SUBACK. */
const subscribe = (client: MqttClient, subscriptions: readonly Subscription[]): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const options = ({ qos, notOwn, notKept, showRetain }: Subscription): IClientSubscribeOptions => ({
      qos,
      nl: notOwn ?? false,
      rh: notKept ? 2 : 0,
      rap: showRetain ?? false,
    });
    client.subscribe(Object.fromEntries(subscriptions.map((one) => [one.topic, options(one)])), (error, _granted, packet) => {
      const codes = packet?.granted as readonly number[] | undefined;
      if (codes) resolve(subscriptions.filter((_, index) => (codes[index] ?? 0) >= 128).map(({ topic }) => topic));
      else reject(error ?? new Error("the broker did not answer the subscription"));
    });
  });

const publishAcknowledged = (
  client: MqttClient,
  topic: string,
  payload: string,
  options: { readonly retain: boolean; readonly properties?: Properties },
): Promise<void> =>
  new Promise((resolve, reject) => {
    client.publish(topic, payload, { ...options, qos: 1 }, (error) => {
      const wrong = failure(error, topic);
      if (wrong) reject(wrong);
      else resolve();
    });
  });

const createLink = (client: MqttClient, protocol: Protocol, receiveMaximum: number, life: AbortController, ended: Promise<Trouble>): Link => {
  const { signal } = life;
  const window = createWindow(Math.min(receiveMaximum, inFlight));
  return {
    protocol,
    signal,
    ended,
    keep: (topic, payload) => {
      if (!signal.aborted) client.publish(topic, payload, { qos: 0, retain: true });
    },
    deliver: async (topic, payload, options) => {
      const turn = window.enter();
      if (turn) await abortable(turn, signal);
      try {
        signal.throwIfAborted();
        await abortable(publishAcknowledged(client, topic, payload, options), signal);
      } finally {
        window.leave();
      }
    },
    subscribe: (subscriptions) => abortable(subscribe(client, subscriptions), signal),
    get congested() {
      return client.stream.writableLength > congestion;
    },
    drained: () => abortable(new Promise((resolve) => client.stream.once("drain", resolve)), signal),
    close: (force) => {
      life.abort(new Error("the connection to the broker was closed"));
      return new Promise((resolve) => void client.end(force, () => resolve()));
    },
  };
};

/** Makes one trouble of all that mqtt.js tells before it closes: the first cause counts. */
const watch = (client: MqttClient, isConnected: () => boolean, closed: (trouble: Trouble) => void): void => {
  let cause: Trouble | undefined;
  client.on("disconnect", ({ reasonCode }) => {
    cause =
      reasonCode === takenOverCode
        ? { kind: "taken-over", detail: "another client connected with our client id" }
        : { kind: "lost", detail: `the broker ended the connection (reason ${reasonCode ?? 0})` };
  });
  client.on("error", (error) => {
    cause ??= isConnected() ? { kind: "lost", detail: `the connection to the broker broke: ${error.message}` } : troubleOf(error);
  });
  client.on("close", () => {
    const silence: Trouble = isConnected()
      ? { kind: "lost", detail: "the connection to the broker is lost" }
      : { kind: "silent", detail: "the broker ended the connection without an answer" };
    closed(cause ?? silence);
  });
};

/**
 * Connects once: resolves with the broker's CONNACK, or with what prevented it. Everything mqtt.js would do later by itself (reconnecting,
 * queueing, resubscribing) is switched off. Throws when the certificates cannot even be read.
 */
export const openLink = async (settings: LinkSettings): Promise<Link | Trouble> => {
  const opened = Promise.withResolvers<Link | Trouble>();
  const ended = Promise.withResolvers<Trouble>();
  const life = new AbortController();
  let connected = false;
  const client = connect(settings.options.url, clientOptions(settings));
  client.on("connect", ({ properties }) => {
    connected = true;
    opened.resolve(createLink(client, settings.protocol, properties?.receiveMaximum ?? Number.POSITIVE_INFINITY, life, ended.promise));
  });
  client.on("message", (topic, payload, { retain, dup, properties }) => settings.receive({ topic, payload, retained: retain, again: dup, properties }));
  watch(
    client,
    () => connected,
    (trouble) => {
      life.abort(new Error(trouble.detail));
      opened.resolve(trouble);
      ended.resolve(trouble);
      client.end(true);
    },
  );
  const giveUp = (): void => void client.end(true);
  settings.signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await opened.promise;
  } finally {
    settings.signal.removeEventListener("abort", giveUp);
  }
};
