import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import { openLink, type Link, type Message, type Protocol } from "./link.ts";
import type { MqttOptions, MqttStatus } from "./option.ts";
import { needsPerson, type Trouble } from "./trouble.ts";

export interface ConnectionServices {
  readonly log: Log;
  readonly clock: Clock;
  readonly will: { readonly topic: string; readonly payload: string };
  /** A new connection; must not throw. */
  up(link: Link): void;
  receive(message: Message): void;
}

const firstPause = 500;
const longestPause = 30_000;
/** While somebody has to change something, asking often only makes noise. */
const patientPause = 60_000;
const longestRetreat = 600_000;
/** A connection that lived shorter proves nothing: the pauses go on growing. */
const provenAfter = 20_000;
/**
 * Two clients with one id throw each other out for ever. MQTT 5 tells so (reason 142), many brokers only hang up: then a third short life in
 * a row is the sign. Who sees it stands back, longer each time, so that the other one lives.
 */
const fightAfter = { told: 2, guessed: 3 } as const;

const address = (url: string): string => {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "mqtts:" ? "8883" : "1883")}`;
};

/** Keeps a connection to the broker for as long as it lives, and says of each change once what a person should know. */
export class Connection implements AsyncDisposable {
  readonly #options: MqttOptions;
  readonly #services: ConnectionServices;
  readonly #life = new AbortController();
  readonly #done: Promise<void>;
  readonly #address: string;
  #protocol: Protocol = 5;
  #link: Link | undefined;
  #trouble: Trouble | undefined;
  /** What the broker forbids us, with the topic that showed it. */
  readonly #denied = new Map<string, string>();
  #said: string | undefined;
  /** Connections in a row that ended soon after they were made. */
  #shortLives = 0;
  #silent = 0;
  #retreatedBySilence = false;
  #wasConnected = false;

  constructor(options: MqttOptions, services: ConnectionServices) {
    this.#options = options;
    this.#services = services;
    this.#address = address(options.url);
    this.#done = this.#run();
  }

  get link(): Link | undefined {
    return this.#link;
  }

  status(): MqttStatus {
    const denial = this.#denial();
    if (this.#link) return { state: "connected", protocol: this.#link.protocol, ...(denial !== undefined && { detail: denial }) };
    const trouble = this.#trouble;
    return { state: trouble && needsPerson.has(trouble.kind) ? "refused" : "connecting", ...(trouble && { detail: trouble.detail }) };
  }

  /** The broker forbids something that we need. Said once, and shown in the status until `allow`. */
  deny(what: string, topic: string): void {
    if (this.#denied.has(what)) return;
    this.#denied.set(what, topic);
    this.#services.log.warn(
      `${this.#address}: the broker does not allow ${what} (${topic}): its access list lacks it for ${this.#options.username ?? "anonymous clients"}`,
    );
  }

  allow(what: string): void {
    if (this.#denied.delete(what)) this.#services.log.info(`${this.#address}: the broker allows ${what} now`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const link = this.#link;
    this.#life.abort();
    if (link) await Promise.race([link.close(false), this.#services.clock.sleep(1000)]);
    await link?.close(true);
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock } = this.#services;
    const { signal } = this.#life;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const started = clock.monotonic();
      const trouble = await this.#once();
      if (signal.aborted) return;
      if (clock.monotonic() - started > provenAfter) attempt = this.#shortLives = 0;
      else if (trouble.kind === "lost" || trouble.kind === "taken-over") this.#shortLives++;
      this.#trouble = this.#fights(trouble) ? this.#fight(trouble) : trouble;
      if (this.#retreat(trouble)) continue;
      this.#say(this.#trouble);
      await clock.sleep(this.#pause(this.#trouble, attempt), signal).catch(() => undefined);
    }
  }

  #denial(): string | undefined {
    const [first] = this.#denied;
    return first && `the broker does not allow ${first[0]} (${first[1]})`;
  }

  #fights({ kind }: Trouble): boolean {
    return this.#shortLives >= (kind === "taken-over" ? fightAfter.told : fightAfter.guessed);
  }

  #fight({ kind }: Trouble): Trouble {
    const id = this.#options.clientId;
    const guess = this.#denial() ?? `is Rack Power running twice, with the client id ${id}?`;
    const detail =
      kind === "taken-over"
        ? `another client uses our client id ${id}: is Rack Power running twice?`
        : `the broker ends each connection soon after it was made: ${guess}`;
    return { kind: "taken-over", detail };
  }

  /** One connection from beginning to end; gives the reason of its end. */
  async #once(): Promise<Trouble> {
    const { log, will, up, receive } = this.#services;
    let link: Link | Trouble;
    try {
      link = await openLink({ options: this.#options, protocol: this.#protocol, will, receive, signal: this.#life.signal });
    } catch (error) {
      return { kind: "certificate", detail: `the certificate or key cannot be used: ${error instanceof Error ? error.message : String(error)}` };
    }
    if ("kind" in link) return link;
    if (this.#life.signal.aborted) await link.close(true);
    this.#silent = 0;
    const version = link.protocol === 5 ? "MQTT 5" : "MQTT 3.1.1";
    if (this.#shortLives < fightAfter.told) {
      log.info(this.#wasConnected ? `connected to ${this.#address} again` : `connected to ${this.#address} with ${version}`);
      this.#said = undefined;
    }
    this.#wasConnected = true;
    this.#link = link;
    up(link);
    const trouble = await link.ended;
    this.#link = undefined;
    return trouble;
  }

  /** Old brokers refuse version 5 or just hang up: then 3.1.1, for the rest of this program's life. True when that is to be tried at once. */
  #retreat({ kind }: Trouble): boolean {
    if (kind === "silent") this.#silent++;
    const unheard = this.#silent === 2;
    if (unheard) this.#silent = 0;
    if (this.#protocol === 4) {
      // It hangs up on both: the version was not what it minded.
      if (unheard && this.#retreatedBySilence) this.#protocol = 5;
      return false;
    }
    if (kind !== "protocol" && !unheard) return false;
    this.#protocol = 4;
    this.#retreatedBySilence = unheard;
    if (!unheard) this.#services.log.info(`${this.#address} does not speak MQTT 5; using 3.1.1, in which it cannot tell what it forbids us`);
    return true;
  }

  /** Once per kind of trouble: the tenth "no answer" is no news, and neither is "no answer" after the connection was lost. */
  #say({ kind, detail }: Trouble): void {
    if (this.#said === kind || (this.#said === "lost" && kind === "unreachable")) return;
    this.#said = kind;
    const line = `${this.#address}: ${detail}; trying again`;
    if (needsPerson.has(kind)) this.#services.log.error(line);
    else this.#services.log.warn(line);
  }

  #pause({ kind }: Trouble, attempt: number): number {
    const usual = needsPerson.has(kind) && kind !== "taken-over" ? patientPause : Math.min(firstPause * 2 ** Math.min(attempt, 10), longestPause);
    const over = this.#shortLives - (fightAfter.told + 1);
    const pause = kind === "taken-over" && over >= -1 ? Math.min(patientPause * 2 ** Math.max(over, 0), longestRetreat) : usual;
    return pause * (0.5 + Math.random());
  }
}
