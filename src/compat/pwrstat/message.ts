import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { follow } from "#platform/abort.ts";
import type { MessageOptions, PwrstatServices } from "./option.ts";
import type { Shown } from "./view.ts";

/** Milliseconds. */
const firstPause = 1_000;
const longestPause = 30_000;
const provenAfter = 20_000;
const farewell = 1_000;
/** CONNACK of MQTT 3.1.1 (section 3.2.2.3): the broker does not allow it; perhaps the will. */
const notAllowed = 5;

/** How one connection, or the attempt at one, ended. */
interface End {
  readonly reason: string;
  /** `proven`: it held; `thrown-out`: soon after it was made, or before, by the broker; `missed`: there was none. */
  readonly kind: "proven" | "thrown-out" | "missed";
}

const place = (url: string): string => {
  const { hostname, port } = new URL(url);
  return port === "" ? hostname : `${hostname}:${port}`;
};

/** What mqtt.js says of its trouble, which never holds the password; several addresses of one name fail without a message. */
const sentence = (error: unknown): string => {
  const { message = "", code } = error as { readonly message?: string; readonly code?: unknown };
  return message.trim() === "" ? String(code) : message.replaceAll(/\s+/g, " ").trim();
};

/** Sends the old message to its topic for as long as it lives, whatever the broker does meanwhile. */
export class MessageSender implements AsyncDisposable {
  readonly #options: MessageOptions;
  readonly #services: PwrstatServices;
  readonly #view: () => Shown | undefined;
  readonly #life = new AbortController();
  readonly #done: Promise<void>;
  #client: MqttClient | undefined;
  /** Why there is no connection. */
  #trouble: string | undefined;
  /** What was said last, so that the same is not said again. */
  #said: string | undefined;
  /** How often in a row it was thrown out soon after it had come: once may be for the availability, twice is a fight. */
  #thrownOut = 0;
  /**
   * The forerunner had neither a will nor a second topic, and its user may have no right to them: mosquitto 2.0 ends a connection on which something
   * is published that its access list does not allow. So who is thrown out with them comes back without, and the other way round.
   */
  #withAvailability = true;
  /** Ends the pause between two messages. */
  #wake = (): void => undefined;

  constructor(options: MessageOptions, view: () => Shown | undefined, services: PwrstatServices) {
    this.#options = options;
    this.#view = view;
    this.#services = services;
    this.#done = this.#run();
  }

  get connected(): boolean {
    return this.#client?.connected === true;
  }

  get trouble(): string | undefined {
    return this.connected ? undefined : this.#trouble;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tell(this.#client, false);
    this.#life.abort();
    await this.#done;
  }

  /** Looks whether the status became known, or is known no more. */
  changed(): void {
    this.#wake();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#services;
    const { signal } = this.#life;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const { reason, kind } = await this.#once();
      if (signal.aborted) return;
      if (kind === "proven") attempt = 0;
      if (kind !== "missed") this.#withAvailability = kind === "proven" || !this.#withAvailability;
      this.#thrownOut = kind === "thrown-out" ? this.#thrownOut + 1 : 0;
      const fight = `it ends each connection soon after it was made: does another client, such as the old container, call itself ${this.#options.clientId}?`;
      this.#trouble = `mqtt: ${place(this.#options.url)}: ${this.#thrownOut > 1 ? fight : reason}`;
      if (this.#said !== this.#trouble) log.warn(`${this.#trouble}; trying again`);
      this.#said = this.#trouble;
      const pause = Math.min(firstPause * 2 ** Math.min(attempt, 10), longestPause) * (0.5 + Math.random());
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  async #once(): Promise<End> {
    let client: MqttClient;
    try {
      client = connect(this.#options.url, this.#settings());
    } catch (error) {
      return { reason: `the certificate or key cannot be used: ${sentence(error)}`, kind: "missed" };
    }
    const closed = Promise.withResolvers<void>();
    // What is on its way may still arrive, where the broker takes it.
    let late: Disposable | undefined;
    const stop = (): void => {
      client.end(!client.connected, () => closed.resolve());
      late = this.#services.clock.after(client.connected ? farewell : 0, () => {
        client.stream.destroy();
        closed.resolve();
      });
    };
    this.#life.signal.addEventListener("abort", stop, { once: true });
    const live = this.#live(client, closed.resolve);
    await closed.promise;
    late?.[Symbol.dispose]();
    this.#life.signal.removeEventListener("abort", stop);
    this.#client = undefined;
    return live();
  }

  /** Follows a connection through its life; what it gives, asked after `closed`, is how it ended. */
  #live(client: MqttClient, closed: () => void): () => End {
    const { clock, log } = this.#services;
    const end = follow(this.#life.signal);
    let cause: { readonly message: string; readonly code: unknown } | undefined;
    let since: number | undefined;
    client.on("error", (error) => (cause ??= { message: sentence(error), code: (error as { readonly code?: unknown }).code }));
    client.on("close", () => {
      end.abort();
      end[Symbol.dispose]();
      client.end(true);
      closed();
    });
    client.on("connect", () => {
      since = clock.monotonic();
      this.#client = client;
      if (this.#thrownOut < 2) {
        log.info(`mqtt: connected to ${place(this.#options.url)} as ${this.#options.clientId}`);
        this.#said = undefined;
      }
      void this.#send(client, end.signal);
    });
    return () => {
      if (since === undefined) {
        return { reason: cause?.message ?? "the broker ended the connection without an answer", kind: cause?.code === notAllowed ? "thrown-out" : "missed" };
      }
      return { reason: cause?.message ?? "the connection is lost", kind: clock.monotonic() - since > provenAfter ? "proven" : "thrown-out" };
    };
  }

  #settings(): IClientOptions {
    const { clientId, username, password, tls, qos, url } = this.#options;
    const availability = this.#withAvailability ? this.#options.availability : undefined;
    return {
      clientId,
      protocolVersion: 4,
      clean: true,
      keepalive: 60,
      connectTimeout: 10_000,
      // The connection is made anew by us, so that nothing of the old one is sent late.
      reconnectPeriod: 0,
      queueQoSZero: false,
      writeCache: false,
      ...(username !== undefined && password !== undefined && { username, password: password.reveal() }),
      ...(availability !== undefined && { will: { topic: availability, payload: Buffer.from("offline"), qos, retain: true } }),
      ...(/^(mqtts|wss):/.test(url) && tls),
    };
  }

  /** Every so many seconds, and at once when the status becomes known; while it is not, nothing goes out but that it is not. */
  async #send(client: MqttClient, signal: AbortSignal): Promise<void> {
    const { topic, qos, retained: retain, refresh } = this.#options;
    const { clock } = this.#services;
    let told: boolean | undefined;
    let due = clock.monotonic();
    while (!signal.aborted) {
      const shown = this.#view();
      const known = shown !== undefined;
      if (told !== known) this.#tell(client, known);
      if (shown && (told === false || clock.monotonic() >= due)) {
        client.publish(topic, shown.message, { qos, retain });
        due = clock.monotonic() + refresh * 1000;
      }
      told = known;
      await this.#pause(known, known ? Math.max(1, due - clock.monotonic()) : refresh * 1000, signal);
    }
  }

  /** Ends after so many milliseconds, with the signal, or when the status is not what it was any more. */
  #pause(known: boolean, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#services.clock.after(ms, () => go());
      const go = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener("abort", go);
        this.#wake = () => undefined;
        resolve();
      };
      signal.addEventListener("abort", go, { once: true });
      this.#wake = () => {
        if ((this.#view() !== undefined) !== known) go();
      };
    });
  }

  #tell(client: MqttClient | undefined, known: boolean): void {
    const { availability, qos } = this.#options;
    if (this.#withAvailability && availability !== undefined && client?.connected)
      client.publish(availability, known ? "online" : "offline", { qos, retain: true });
  }
}
