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
/** Two clients with one id throw each other out: one of them has to stand back. */
const fightPause = 600_000;
const fightAfter = 2;
const peaceAfter = 3_600_000;
/** A connection that lived shorter proves nothing: the pauses go on growing. */
const provenAfter = 20_000;

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
  #denied: string | undefined;
  readonly #deniedThings = new Set<string>();
  #said: string | undefined;
  #takenOver = 0;
  #silent = 0;
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
    if (this.#link) return { state: "connected", protocol: this.#link.protocol, ...(this.#denied !== undefined && { detail: this.#denied }) };
    const trouble = this.#trouble;
    return { state: trouble && needsPerson.has(trouble.kind) ? "refused" : "connecting", ...(trouble && { detail: trouble.detail }) };
  }

  /** The broker forbids something that we need. Said once for each thing, and shown in the status until the next connection. */
  deny(what: string, topic: string): void {
    this.#denied ??= `the broker does not allow ${what} (${topic})`;
    if (this.#deniedThings.has(what)) return;
    this.#deniedThings.add(what);
    this.#services.log.warn(`${this.#address}: the broker does not allow ${what} (${topic}): its access list lacks it for ${this.#options.username ?? "anonymous clients"}`);
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
      const lived = clock.monotonic() - started;
      if (lived > provenAfter) attempt = 0;
      if (lived > peaceAfter) this.#takenOver = 0;
      this.#trouble = trouble;
      if (this.#retreat(trouble)) continue;
      this.#say(trouble);
      await clock.sleep(this.#pause(trouble, attempt), signal).catch(() => undefined);
    }
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
    this.#denied = undefined;
    const version = link.protocol === 5 ? "MQTT 5" : "MQTT 3.1.1";
    if (this.#takenOver < fightAfter) log.info(this.#wasConnected ? `connected to ${this.#address} again` : `connected to ${this.#address} with ${version}`);
    this.#wasConnected = true;
    if (this.#takenOver < fightAfter) this.#said = undefined;
    this.#link = link;
    up(link);
    const trouble = await link.ended;
    this.#link = undefined;
    return trouble;
  }

  /** Old brokers refuse version 5 or just hang up: then 3.1.1, for the rest of this program's life. True when that is to be tried at once. */
  #retreat({ kind }: Trouble): boolean {
    if (kind === "silent") this.#silent++;
    if (this.#protocol === 4 || !(kind === "protocol" || this.#silent === 2)) return false;
    this.#protocol = 4;
    if (kind === "protocol") this.#services.log.info(`${this.#address} does not speak MQTT 5; using 3.1.1. It cannot tell then what it forbids us`);
    return true;
  }

  #say(trouble: Trouble): void {
    if (trouble.kind === "taken-over") this.#takenOver++;
    if (this.#takenOver >= fightAfter) {
      this.#trouble = { kind: "taken-over", detail: `another client uses our client id ${this.#options.clientId}: is Rack Power running twice?` };
    }
    const { kind, detail } = this.#trouble ?? trouble;
    const news = `${kind}${this.#takenOver >= fightAfter ? " fight" : ""}`;
    if (this.#said === news || (this.#said === "lost" && kind === "unreachable")) return;
    this.#said = news;
    const line = `${this.#address}: ${detail}; trying again`;
    if (needsPerson.has(kind)) this.#services.log.error(line);
    else this.#services.log.warn(line);
  }

  #pause({ kind }: Trouble, attempt: number): number {
    const growing = Math.min(firstPause * 2 ** Math.min(attempt, 10), longestPause);
    const pause = this.#takenOver >= fightAfter ? fightPause : needsPerson.has(kind) && kind !== "taken-over" ? patientPause : growing;
    return pause * (0.5 + Math.random());
  }
}
