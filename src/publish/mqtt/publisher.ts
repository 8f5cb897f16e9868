import { partPattern } from "#domain/device.ts";
import type { Outcome } from "#domain/outcome.ts";
import type { UpsEvent } from "#domain/ups-event.ts";
import type { Change } from "#store/read.ts";
import { BridgePublisher } from "./bridge-publisher.ts";
import { CommandInbox, publicOutcome } from "./command-inbox.ts";
import { Connection } from "./connection.ts";
import { Discovery } from "./discovery.ts";
import { outcomeEvent } from "./bridge.ts";
import { createTongue, type Tongue } from "./language.ts";
import { Ledger } from "./ledger.ts";
import { Denied, type Link, type Message, type Properties } from "./link.ts";
import type { MqttDependencies, MqttOptions, MqttPublisher, MqttStatus } from "./option.ts";
export type { MqttPublisher } from "./option.ts";
import { publishedEntities } from "./published.ts";
import { remembered } from "./remembered.ts";
import { StatePublisher } from "./state-publisher.ts";
import { bridgeId, createTopics, type Topics } from "./topic.ts";
import { upsEventPayload } from "./ups-event.ts";

/** Home Assistant says that it is there before it listens (home-assistant/core#39007): so many milliseconds and up to as many again. */
const grace = 1500;

type How = { readonly retain: boolean; readonly properties?: Properties };

class Publisher implements MqttPublisher {
  readonly #dependencies: MqttDependencies;
  readonly #topics: Topics;
  readonly #ledger: Ledger;
  readonly #tongue: Tongue;
  readonly #hearPage: () => string | undefined;
  #page: string | undefined;
  readonly #bridge: BridgePublisher;
  readonly #states: StatePublisher;
  readonly #discovery: Discovery;
  readonly #inbox: CommandInbox;
  readonly #connection: Connection;
  /** Nothing follows the good-bye: it would be kept, and the program be taken for running. */
  #leaving = false;
  readonly #listening = new DisposableStack();

  constructor(options: MqttOptions, dependencies: MqttDependencies) {
    const { store, bus, events, clock, log, database, version, url, page } = dependencies;
    const topics = createTopics(options.baseTopic ?? "rack-power", options.discoveryPrefix ?? "homeassistant");
    const ledger = new Ledger(database);
    const link = (): Link | undefined => this.#connection.link;
    const deliver = (topic: string, payload: string, how?: How): void => this.#deliver(topic, payload, how);
    this.#dependencies = dependencies;
    this.#ledger = ledger;
    this.#topics = topics;
    this.#tongue = createTongue(database, options.language, dependencies.language);
    this.#hearPage = page ? remembered(database, "page", page) : () => undefined;
    this.#page = this.#hearPage();
    this.#bridge = new BridgePublisher({ store, clock, topics, ledger, version, deliver });
    this.#states = new StatePublisher({ store, clock, topics, ledger, link, deliver });
    this.#inbox = new CommandInbox({ bus, log, clock, topics, deliver });
    this.#discovery = new Discovery({
      store,
      ledger,
      topics,
      clock,
      log,
      tongue: this.#tongue,
      origin: { version, url },
      page: () => this.#page,
      deny: (what, topic) => this.#connection.deny(what, topic),
      allow: (what) => this.#connection.allow(what),
      published: () => this.#bridge.touch(),
    });
    ledger.write(ledger.declare(bridgeId, [topics.status, topics.bridge]));
    const will = { topic: topics.status, payload: "offline" };
    this.#connection = new Connection(options, { log, clock, will, up: (now) => this.#up(now), receive: (message) => this.#receive(message) });
    this.#listening.use(store.subscribe((change) => this.#changed(change)));
    this.#listening.use(bus.subscribe((outcome) => this.#ended(outcome)));
    this.#listening.use(events.subscribe((event) => this.#happened(event)));
  }

  status(): MqttStatus {
    return this.#connection.status();
  }

  published(): ReturnType<MqttPublisher["published"]> {
    return publishedEntities(this.#ledger);
  }

  republish(): void {
    this.#discovery.unhide();
    this.#discovery.resendAll();
    this.#bridge.repeat();
    this.#quietly(this.#states.repeat());
  }

  languageChanged(): void {
    if (this.#tongue.refresh()) this.#discovery.touchAll();
  }

  pageMoved(): void {
    const before = this.#page;
    this.#page = this.#hearPage();
    if (this.#page !== before) this.#discovery.touchAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { log, clock } = this.#dependencies;
    this.#leaving = true;
    this.#listening.dispose();
    this.#bridge[Symbol.dispose]();
    const goodbye = this.#connection.link?.deliver(this.#topics.status, "offline", { retain: true });
    if (goodbye) await Promise.race([goodbye.catch((error: unknown) => log.debug("no good-bye", error)), clock.sleep(2000)]);
    await this.#connection[Symbol.asyncDispose]();
  }

  #deliver(topic: string, payload: string, how: How = { retain: true }): void {
    this.#connection.link?.deliver(topic, payload, how).catch((error: unknown) => {
      if (error instanceof Denied) this.#connection.deny("publishing", topic);
      else this.#dependencies.log.debug(`not delivered: ${topic}`, error);
    });
  }

  /** Whatever ends with the connection is begun anew by the next one. */
  #quietly(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#dependencies.log.debug("ended with the connection", error));
  }

  #up(link: Link): void {
    this.#inbox.live = false;
    this.#states.forget();
    this.#bridge.pause();
    this.#quietly(this.#begin(link));
  }

  /** Listens, tells what is, and only then says that it is there: nothing old is shown as live. */
  async #begin(link: Link): Promise<void> {
    const { commands, homeAssistant, documents, bridge, status } = this.#topics;
    const refused = await link.subscribe([
      ...commands.map((topic) => ({ topic, qos: 1 as const, showRetain: true })),
      { topic: homeAssistant, qos: 0 },
      { topic: documents, qos: 0, notOwn: true, notKept: true },
      { topic: bridge, qos: 0, notOwn: true },
    ]);
    this.#inbox.live = true;
    for (const topic of refused) this.#connection.deny(commands.includes(topic) ? "taking commands" : "reading along", topic);
    await this.#states.repeat();
    if (this.#leaving) return;
    this.#deliver(status, "online");
    this.#quietly(this.#discovery.run(link));
    if (await this.#bridge.lostEdition(link.signal)) this.#discovery.resendAll();
    this.#bridge.begin();
  }

  #receive(message: Message): void {
    const { topic, payload, retained } = message;
    if (topic === this.#topics.homeAssistant) {
      if (payload.toString() === "online" && !retained) this.#quietly(this.#welcome());
    } else if (topic === this.#topics.bridge) this.#bridge.receive(message);
    else if (this.#topics.isDocument(topic)) {
      if (payload.length === 0) this.#discovery.emptied(topic);
    } else this.#inbox.receive(message);
  }

  /** Home Assistant has started. */
  async #welcome(): Promise<void> {
    await this.#dependencies.clock.sleep(grace * (1 + Math.random()), this.#connection.link?.signal);
    if (this.#leaving) return;
    this.#deliver(this.#topics.status, "online");
    this.#bridge.repeat();
    await this.#states.repeat();
  }

  #changed(change: Change): void {
    if (change.kind === "readings") return this.#states.touch(change.device, [change.part]);
    this.#bridge.touch();
    if (change.kind === "removed") this.#states.drop(change.device);
    else this.#states.touchDevice(change.device);
    if (change.kind !== "connection") this.#discovery.touch(change.device);
  }

  /**
   * After the states that it is about, for whoever looks at them then. Never kept by the broker: an event of yesterday must not set off anything
   * when somebody subscribes today.
   */
  #happened(event: UpsEvent): void {
    const deliver = (): void => {
      if (!this.#leaving) this.#deliver(this.#topics.event(event.device, event.part), upsEventPayload(event, this.#tongue.text), { retain: false });
    };
    this.#quietly(this.#states.told.then(deliver));
  }

  #ended(outcome: Outcome): void {
    const { device, part } = outcome.command;
    this.#deliver(this.#topics.outcomes, outcomeEvent(outcome), { retain: false });
    // What was asked for may be no topic at all: a wildcard in it would end the connection.
    if (!/^[a-z0-9_-]+$/.test(device) || !partPattern.test(part)) return;
    this.#deliver(this.#topics.outcome(device, part), JSON.stringify(publicOutcome(outcome)), { retain: false });
  }
}

/**
 * Tells the broker, and through it Home Assistant, of every device, and takes commands from there. Never fails and never waits: a broker that is
 * not there is tried again for ever. Disposing says good-bye, as a clean end sends no will.
 */
export const startMqtt = (options: MqttOptions, dependencies: MqttDependencies): MqttPublisher => new Publisher(options, dependencies);
