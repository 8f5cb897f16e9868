import type { Command } from "#domain/command.ts";
import type { Description, DeviceSettings, Reading, Wanted } from "#domain/device.ts";
import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import type { Driver, Session } from "#driver/contract.ts";
import { deadline, follow } from "#platform/abort.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { Store } from "#store/store.ts";
import type { Intake } from "./intake.ts";
import type { EndpointQueue, Priority } from "./queue.ts";

/** What the engine needs to run one device. */
export interface DeviceEntry {
  readonly settings: DeviceSettings;
  readonly driver: Driver;
  /** Parsed by the driver's own schema. */
  readonly options: unknown;
}

export interface DeviceServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly intake: Intake;
  readonly cache: { get(device: string, key: string): Uint8Array | undefined; set(device: string, key: string, value: Uint8Array): void };
  /** Called with each description before it reaches the store; may add what the engine itself can do. */
  describe(device: string, description: Description): Description;
  /** Called when the device has been described and read, and again with every slow poll: what is owed to it can be paid. */
  present(device: string): void;
}

/** No transport takes this long; only a driver that forgot its signal would. */
const readLimit = 60_000;
/** An old BMC takes minutes to list its sensors the first time (ateodorescu/home-assistant-ipmi#2, ipmitool#145). */
const connectLimit = 600_000;

/** Why a nap ends early; made once, as the usual reason costs a stack trace each time. */
const woken = new Error("woken");

/**
 * One device: the session while there is one, and the way to ask it through the queue of its endpoint. The loop opens and closes
 * it; the bus asks and tells it between polls.
 */
export class Device {
  readonly entry: DeviceEntry;
  settings: DeviceSettings;
  readonly #queue: EndpointQueue;
  readonly #services: DeviceServices;
  #session: Session | undefined;
  /** Ends every call on the session when the connection is lost. */
  #connection = new AbortController();
  #lives = new WeakMap<AbortSignal, AbortSignal>();
  readonly #reads = new Map<readonly Wanted[], Promise<readonly Reading[]>>();
  readonly #life = new AbortController();
  /** When the call that is under way began, by the monotonic clock. */
  #askedAt: number | undefined;
  #watch: Disposable | undefined;
  #wake: (() => void) | undefined;
  #woken = false;

  constructor(entry: DeviceEntry, queue: EndpointQueue, services: DeviceServices) {
    this.entry = entry;
    this.settings = entry.settings;
    this.#queue = queue;
    this.#services = services;
  }

  /** Aborted, with a `Fault`, when the device is stopped for good. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  stop(): void {
    this.#life.abort(new Fault("unreachable", `${this.id} was changed in the configuration, or taken out of it`));
  }

  get id(): string {
    return this.entry.settings.id;
  }

  /** Opens and describes. Throws a `Fault` when the device is not there; nothing stays open then. */
  async connect(signal: AbortSignal): Promise<Description> {
    const { driver, options } = this.entry;
    const { cache, log } = this.#services;
    const context = {
      device: this.id,
      log: log.child(this.id),
      cache: { get: (key: string) => cache.get(this.id, key), set: (key: string, value: Uint8Array) => cache.set(this.id, key, value) },
    };
    return this.#queue.run(
      this.id,
      "poll",
      async () => {
        const limit = deadline(connectLimit, signal);
        const session = await driver.open(options, context, limit);
        try {
          const description = await session.describe(limit);
          this.#connection = new AbortController();
          this.#lives = new WeakMap();
          this.#session = session;
          return description;
        } catch (error) {
          await session[Symbol.asyncDispose]();
          throw error;
        }
      },
      signal,
    );
  }

  /** The device has shown that it is made of something else than it described. */
  get outdated(): boolean {
    return this.#session?.outdated === true;
  }

  /** Describes again, on the connection that there is. Throws a `Fault`. */
  describe(signal: AbortSignal): Promise<Description> {
    return this.#ask("poll", (session, limit) => session.describe(limit), signal);
  }

  /** Ends the session, if there is one. Whoever waits for it gets `reason`. */
  async disconnect(reason: Fault): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#connection.abort(reason);
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#reads.clear();
    try {
      await session?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#services.log.child(this.id).debug("closing failed", error);
    }
  }

  /**
   * Asks the device and puts what it answers into the store. Reads of the same array that still wait in the queue are one read. Throws
   * a `Fault`, of kind unreachable while there is no connection.
   */
  read(wanted: readonly Wanted[], priority: Priority, signal: AbortSignal): Promise<readonly Reading[]> {
    const shared = this.#reads.get(wanted);
    if (shared) return shared;
    const result = this.#ask(
      priority,
      async (session, limit) => {
        this.#reads.delete(wanted);
        const readings = await session.read(wanted, limit);
        // What a driver says after its connection was given up may be of another host by now.
        if (limit.aborted || this.#session !== session) throw new Fault("unreachable", `${this.id} is not connected any more`);
        this.#services.intake.take(this.id, readings);
        return readings;
      },
      signal,
    );
    this.#reads.set(wanted, result);
    const forget = (): void => {
      if (this.#reads.get(wanted) === result) this.#reads.delete(wanted);
    };
    result.then(forget, forget);
    return result;
  }

  /** Takes what the device says unasked, until the connection ends. Polls go on beside it: they notice when it falls silent. */
  listen(): void {
    const session = this.#session;
    if (!session?.watch) return;
    const { signal } = this.#connection;
    const hear = async (heard: AsyncIterable<readonly Reading[]>): Promise<void> => {
      for await (const readings of heard) {
        if (signal.aborted || this.#session !== session) return;
        this.#services.intake.take(this.id, readings);
      }
    };
    hear(session.watch(signal)).catch((error: unknown) => this.#services.log.child(this.id).debug("listening ended", error));
  }

  /** Sends the command once. Throws a `Fault`; `written` tells whether the write may have left. */
  async execute(command: Command, signal: AbortSignal): Promise<void> {
    await this.#ask(
      "command",
      async (session, limit) => {
        if (!session.execute) throw new Fault("unsupported", `${this.id} takes no commands`);
        try {
          await session.execute(command, limit);
        } catch (error) {
          // Whether the write had left, only the driver knows; one that throws something else has not said that it had not.
          throw isFault(error) ? error : afterWrite(this.#translate(error, limit));
        }
      },
      signal,
    );
  }

  /** Polls soon, or tries to connect now, instead of waiting for the next turn. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Resolves after `ms` or when somebody calls `wake`. Rejects when the signal is aborted. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#woken) {
      using nap = follow(signal);
      this.#wake = () => nap.abort(woken);
      await this.#services.clock.sleep(ms, nap.signal).catch(() => signal.throwIfAborted());
    }
    this.#woken = false;
  }

  #ask<T>(priority: Priority, work: (session: Session, limit: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (!this.#session) return Promise.reject(new Fault("unreachable", `${this.id} is not connected`));
    const life = this.#lifeFor(signal);
    return this.#queue.run(
      this.id,
      priority,
      async () => {
        const session = this.#session;
        if (!session) throw new Fault("unreachable", `${this.id} is not connected`);
        this.#askedAt = this.#services.clock.monotonic();
        this.#watch ??= this.#services.clock.after(readLimit, () => this.#look());
        try {
          return await work(session, life);
        } catch (error) {
          throw isFault(error) ? error : this.#translate(error, life);
        } finally {
          this.#askedAt = undefined;
        }
      },
      life,
    );
  }

  /** Ends what takes too long. One timer looks after many calls, of which there is one at a time: one for each costs as much as its datagram. */
  #look(): void {
    this.#watch = undefined;
    if (this.#askedAt === undefined) return;
    const left = this.#askedAt + readLimit - this.#services.clock.monotonic();
    if (left > 0) this.#watch = this.#services.clock.after(left, () => this.#look());
    else this.#connection.abort(new Fault("timeout", `${this.id} did not answer within ${readLimit / 1000} s`));
  }

  /** Ends with the connection or with the caller. A signal of its own for each call would cost as much as the rest of a read. */
  #lifeFor(signal: AbortSignal): AbortSignal {
    const known = this.#lives.get(signal);
    if (known) return known;
    const life = AbortSignal.any([signal, this.#connection.signal]);
    this.#lives.set(signal, life);
    return life;
  }

  /** What a driver threw that is no `Fault`: the reason for which it was cut off, or a mistake of its own. */
  #translate(error: unknown, life: AbortSignal): Fault {
    if (life.aborted) return isFault(life.reason) ? life.reason : new Fault("unreachable", `${this.id} was stopped`, { cause: error });
    this.#services.log.child(this.id).error("the driver failed in a way that it should have named", error);
    return new Fault("malformed", `${this.id}: the driver failed unexpectedly`, { cause: error });
  }
}
