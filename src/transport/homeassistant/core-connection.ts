import { Connection, type HaWebSocket } from "home-assistant-js-websocket";
import { Fault, isFault } from "#domain/fault.ts";
import type { Secret } from "#domain/secret.ts";
import { abortable, follow } from "#platform/abort.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import { coreFault } from "./core-fault.ts";
import { openCoreSocket } from "./core-socket.ts";

export interface CoreAddress {
  /** `http://homeassistant.local:8123`, or the Supervisor's proxy, `http://supervisor/core`. */
  readonly url: string;
  /** A long-lived token, or the one the Supervisor gave us. */
  readonly token: Secret;
}

export type CoreState =
  /** `detail`: why the last attempt failed, when there was one. */
  | { readonly state: "connecting"; readonly detail?: string }
  | { readonly state: "connected"; readonly version: string }
  /** Core is there and somebody has to change something: the token is wrong or was revoked. Still tried, but seldom. */
  | { readonly state: "refused"; readonly detail: string };

/** A command of the websocket API: `{ type: "get_config" }`. */
export interface CoreMessage {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface CallOptions {
  /** Milliseconds until a fault of kind timeout; 10,000. */
  readonly within?: number;
  /** Called when the command is about to leave this machine. */
  readonly sent?: () => void;
}

export interface SubscribeOptions {
  readonly signal?: AbortSignal;
  /** Called when the subscription begins anew after a reconnect, before its first event. */
  readonly again?: () => void;
}

/** A share of the connection to one Home Assistant. It connects for ever; only disposing its last share ends it. */
export interface CoreConnection extends AsyncDisposable {
  readonly state: CoreState;
  /** Called at every change of `state`. */
  onState(listener: (state: CoreState) => void): Disposable;
  /** Resolves when connected. Rejects with the fault of the attempt under way, or at once when the token is refused. */
  connected(signal: AbortSignal): Promise<void>;
  /** The result of a command. Throws `Fault`: unreachable at once while there is no connection, timeout, denied, rejected, unsupported. */
  call(message: CoreMessage, signal?: AbortSignal, options?: CallOptions): Promise<unknown>;
  /** Listens until disposed, over reconnects. Throws `Fault` when Core refuses; without a connection it begins with the next one. */
  subscribe(message: CoreMessage, listener: (event: unknown) => void, options?: SubscribeOptions): Promise<AsyncDisposable>;
}

interface Subscription {
  readonly message: CoreMessage;
  readonly listener: (event: unknown) => void;
  readonly again: () => void;
  cancel: (() => Promise<unknown>) | undefined;
  used: boolean;
}

/** The library sends no heartbeat, and a socket that fell silent never closes. */
const heartbeat = 30_000;
const callWithin = 10_000;
/** Milliseconds between attempts: doubling from the first to the last. A refused login leaves a notification in Home Assistant each time. */
const pauses = { refused: [30_000, 600_000], away: [500, 15_000] } as const;

class Core {
  readonly #address: CoreAddress;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #end = new AbortController();
  readonly #listeners = new Set<(state: CoreState) => void>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #running: Promise<void>;
  #state: CoreState = { state: "connecting" };
  #live: { readonly connection: Connection; readonly life: AbortController } | undefined;
  #attempt = Promise.withResolvers<void>();

  constructor(address: CoreAddress, clock: Clock, log: Log) {
    this.#address = address;
    this.#clock = clock;
    this.#log = log;
    this.#attempt.promise.catch(() => undefined);
    this.#running = this.#run();
  }

  get state(): CoreState {
    return this.#state;
  }

  onState(listener: (state: CoreState) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  connected(signal: AbortSignal): Promise<void> {
    if (this.#live) return Promise.resolve();
    if (this.#state.state === "refused") return Promise.reject(new Fault("denied", this.#state.detail));
    return abortable(this.#attempt.promise, signal);
  }

  async call(message: CoreMessage, signal?: AbortSignal, { within = callWithin, sent }: CallOptions = {}): Promise<unknown> {
    const { connection, life } = this.#need();
    const what = message.type === "call_service" ? `${String(message["domain"])}.${String(message["service"])}` : message.type;
    using limit = follow(life.signal, ...(signal ? [signal] : []));
    const late = new Fault("timeout", `Home Assistant did not answer ${what} within ${within / 1000} s`);
    using _timer = this.#clock.after(within, () => limit.abort(late));
    limit.signal.throwIfAborted();
    sent?.();
    try {
      return await abortable(connection.sendMessagePromise<unknown>({ ...message }), limit.signal);
    } catch (error) {
      throw signal?.aborted ? error : coreFault(error, what);
    }
  }

  async subscribe(message: CoreMessage, listener: (event: unknown) => void, { signal, again = () => undefined }: SubscribeOptions): Promise<AsyncDisposable> {
    const subscription: Subscription = { message, listener, again, cancel: undefined, used: false };
    this.#subscriptions.add(subscription);
    try {
      if (this.#live) await this.#begin(subscription, signal);
    } catch (error) {
      // Lost in the middle of it, it begins with the next connection.
      if (isFault(error, "unreachable") && !this.#end.signal.aborted) this.#log.debug(`${message.type} waits for the next connection`, error);
      else {
        this.#subscriptions.delete(subscription);
        throw error;
      }
    }
    return {
      [Symbol.asyncDispose]: async () => {
        this.#subscriptions.delete(subscription);
        const { cancel } = subscription;
        subscription.cancel = undefined;
        const limit = this.#live?.life.signal;
        if (cancel && limit) await abortable(cancel(), limit).catch((error: unknown) => this.#log.debug("a subscription was not ended", error));
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Fault("unreachable", "The connection to Home Assistant was closed"));
    await this.#running;
  }

  #need(): { readonly connection: Connection; readonly life: AbortController } {
    if (this.#live) return this.#live;
    if (this.#state.state === "refused") throw new Fault("denied", this.#state.detail);
    const { detail = "There is no connection to Home Assistant yet" } = this.#state as { detail?: string };
    throw new Fault("unreachable", detail);
  }

  async #begin(subscription: Subscription, signal?: AbortSignal): Promise<void> {
    const { connection, life } = this.#need();
    const { message, listener } = subscription;
    if (subscription.used) subscription.again();
    subscription.used = true;
    const heard = (event: unknown): void => {
      try {
        if (this.#subscriptions.has(subscription)) listener(event);
      } catch (error) {
        this.#log.debug(`an event of ${message.type} was not understood`, error);
      }
    };
    using limit = follow(life.signal, ...(signal ? [signal] : []));
    using _timer = this.#clock.after(callWithin, () => limit.abort(new Fault("timeout", `Home Assistant did not answer ${message.type} in time`)));
    try {
      subscription.cancel = await abortable(connection.subscribeMessage(heard, { ...message }, { resubscribe: false }), limit.signal);
    } catch (error) {
      throw signal?.aborted ? error : coreFault(error, message.type);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    for (let attempt = 0; !signal.aborted; attempt++) {
      let fault: Fault;
      try {
        const socket = await openCoreSocket(this.#address.url, this.#address.token, this.#clock, signal);
        attempt = 0;
        fault = await this.#serve(socket);
      } catch (error) {
        fault = isFault(error) ? error : new Fault("unreachable", "The connection to Home Assistant failed", { cause: error });
      }
      this.#live = undefined;
      if (signal.aborted) return this.#attempt.reject(fault);
      this.#fail(fault);
      const [first, longest] = pauses[fault.kind === "denied" ? "refused" : "away"];
      await this.#clock.sleep(Math.min(first * 2 ** attempt, longest) * (0.5 + Math.random() / 2), signal).catch(() => undefined);
    }
  }

  #fail(fault: Fault): void {
    const failed = this.#attempt;
    this.#attempt = Promise.withResolvers<void>();
    this.#attempt.promise.catch(() => undefined);
    this.#become({ state: fault.kind === "denied" ? "refused" : "connecting", detail: fault.message });
    failed.reject(fault);
  }

  #become(state: CoreState): void {
    this.#log.debug(`Home Assistant: ${state.state}${"detail" in state ? `: ${state.detail}` : ""}`);
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** Until the connection is lost; returns why. */
  async #serve(socket: HaWebSocket): Promise<Fault> {
    const lost = new Fault("unreachable", `The connection to Home Assistant at ${this.#address.url} was lost`);
    const life = new AbortController();
    const connection = new Connection(socket, { setupRetry: 0, createSocket: () => Promise.reject(lost) });
    // Its own reconnecting would end at a refused token and subscribe again without looking at the answer.
    connection.addEventListener("disconnected", () => connection.close());
    socket.addEventListener("close", () => life.abort(lost));
    using end = follow(this.#end.signal, life.signal);
    this.#live = { connection, life };
    this.#become({ state: "connected", version: socket.haVersion });
    this.#attempt.resolve();
    this.#attempt = Promise.withResolvers<void>();
    this.#attempt.promise.catch(() => undefined);
    for (const subscription of this.#subscriptions)
      this.#begin(subscription).catch((error: unknown) => this.#log.debug(`${subscription.message.type} was not subscribed again`, error));
    try {
      for (;;) {
        await this.#clock.sleep(heartbeat, end.signal);
        await this.call({ type: "ping" }, end.signal);
      }
    } catch (error) {
      return isFault(error) && !life.signal.aborted ? error : lost;
    } finally {
      life.abort(lost);
      connection.close();
    }
  }
}

interface Shared {
  readonly core: Core;
  users: number;
}
const open = new Map<string, Shared>();

/**
 * A share of the one connection to this Home Assistant with this token, made when nobody has one yet. Returns at once; `connected` waits. `log` is
 * used at debug level only, and that of the first share.
 */
export const openCore = ({ url, token, clock, log }: CoreAddress & { readonly clock: Clock; readonly log: Log }): CoreConnection => {
  const address = url.replace(/\/+$/, "");
  const key = `${address}\n${token.reveal()}`;
  const shared = open.get(key) ?? { core: new Core({ url: address, token }, clock, log), users: 0 };
  open.set(key, shared);
  shared.users++;
  const { core } = shared;
  let left = false;
  return {
    get state() {
      return core.state;
    },
    onState: (listener) => core.onState(listener),
    connected: (signal) => core.connected(signal),
    call: (message, signal, options) => core.call(message, signal, options),
    subscribe: (message, listener, options = {}) => core.subscribe(message, listener, options),
    [Symbol.asyncDispose]: async () => {
      if (left) return;
      left = true;
      if (--shared.users > 0) return;
      open.delete(key);
      await core[Symbol.asyncDispose]();
    },
  };
};
