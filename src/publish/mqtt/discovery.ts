import type { DeviceId } from "#domain/device.ts";
import { deadline, abortable } from "#platform/abort.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import { depthOf, planDevice, settingsHash, sharedAddresses, staleTopics, type Page, type PlanServices } from "./discovery-plan.ts";
import { Denied, type Link } from "./link.ts";
import { bridgeId } from "./topic.ts";

export interface DiscoveryServices extends PlanServices {
  readonly clock: Clock;
  readonly log: Log;
  /** The broker forbids a topic. */
  deny(what: string, topic: string): void;
  allow(what: string): void;
  /** The ledger's edition is a new one. */
  published(): void;
}

/** While Home Assistant sets a device up, it skips what a second document of it brings (home-assistant/core, mqtt/discovery.py). */
const settle = 5000;
/**
 * Documents per batch and the pause between batches. The broker has acknowledged a batch before the next one leaves, and a pause lets those who
 * read along (Home Assistant sets up every entity as it comes) keep up: mosquitto drops for a subscriber from the 1,000th waiting message on.
 */
const batchSize = 25;
const batchPause = 100;
const patience = 30_000;
/**
 * After a refusal by the broker's access list nothing more is tried for a while. mosquitto 2.0.11 even ends the connection after it has
 * refused a message (seen; its refusal is mostly lost on the way), so that trying at each connection would never end.
 */
const standstill = 600_000;
const hangUps = 2;
const documents = "discovery documents";

/** Keeps the discovery documents at the broker as the store says they should be, and clears what is gone. */
export class Discovery {
  readonly #services: DiscoveryServices;
  /** When a device's documents may be looked at next, in the clock's monotonic milliseconds. */
  readonly #due = new Map<DeviceId, number>();
  readonly #sent = new Map<DeviceId, number>();
  /** When a topic is to be cleared, if it is still stale then. */
  readonly #sweep = new Map<string, { readonly device: DeviceId; readonly at: number }>();
  readonly #clearing = new Set<string>();
  /** The broker may have lost the documents of these: hashes prove nothing. */
  readonly #lost = new Set<DeviceId>();
  #wake = Promise.withResolvers<void>();
  /** The broker has taken a document since it was connected. */
  #welcome = false;
  /** Connections in a row that ended instead of taking the first document. */
  #hungUp = 0;
  #forbiddenUntil = Number.NEGATIVE_INFINITY;

  constructor(services: DiscoveryServices) {
    this.#services = services;
  }

  /** Settings or description of the device changed, or it is gone. */
  touch(device: DeviceId): void {
    const { clock, store } = this.#services;
    this.#due.set(device, Math.max(clock.monotonic(), (this.#sent.get(device) ?? Number.NEGATIVE_INFINITY) + settle));
    if (device !== bridgeId && !store.device(device)) this.#touchFedBy(new Set([device]));
    this.#wake.resolve();
  }

  touchAll(): void {
    const { ledger, store } = this.#services;
    for (const id of new Set([bridgeId, ...store.devices().map(({ id }) => id), ...ledger.devices()])) this.touch(id);
  }

  /** Sends all documents anew, whatever the ledger says. */
  resendAll(): void {
    this.#forbiddenUntil = Number.NEGATIVE_INFINITY;
    for (const { id } of this.#services.store.devices()) this.#lost.add(id);
    this.#lost.add(bridgeId);
    this.touchAll();
  }

  /** Brings back what somebody deleted in Home Assistant. */
  unhide(): void {
    const { ledger } = this.#services;
    for (const id of ledger.devices()) ledger.forget(ledger.topics(id).filter((topic) => ledger.get(topic)?.hidden !== undefined));
  }

  /** Somebody emptied a discovery topic. When it is ours, a person deleted the device in Home Assistant: it stays away until asked for or configured anew. */
  emptied(topic: string): void {
    const { ledger, store, log } = this.#services;
    const row = ledger.get(topic);
    if (!row || row.hidden !== undefined || this.#clearing.has(topic)) return;
    ledger.write([[topic, { device: row.device, hidden: settingsHash(store.device(row.device)) }]]);
    log.info(
      `${row.device || "Rack Power itself"} was deleted in Home Assistant and stays away there until its configuration changes or it is published again`,
    );
  }

  /** Works until the connection ends. */
  async run(link: Link): Promise<void> {
    const { clock, log } = this.#services;
    this.#welcome = false;
    this.touchAll();
    try {
      while (!link.signal.aborted) {
        const batch = this.#take();
        if (batch.length > 0) await this.#publish(link, batch);
        await this.#clear(link);
        await (batch.length > 0 ? clock.sleep(batchPause, link.signal) : this.#rest(link.signal));
      }
    } catch (error) {
      if (!link.signal.aborted) log.error("discovery stopped until the next connection to the broker", error);
    }
  }

  /** The next devices whose time has come, hubs first. */
  #take(): readonly DeviceId[] {
    const { clock, store } = this.#services;
    const now = clock.monotonic();
    if (now < this.#forbiddenUntil) return [];
    const ripe = [...this.#due].filter(([, at]) => at <= now).map(([id]) => ({ id, depth: depthOf(store, id) }));
    const batch = ripe
      .toSorted((a, b) => a.depth - b.depth)
      .slice(0, batchSize)
      .map(({ id }) => id);
    for (const id of batch) this.#due.delete(id);
    return batch;
  }

  /** Devices refer to what feeds them, as long as Home Assistant knows it. */
  #touchFedBy(hubs: ReadonlySet<DeviceId>): void {
    for (const { id, settings } of this.#services.store.devices()) if (hubs.has(settings.fedBy[0]?.device ?? id)) this.touch(id);
  }

  async #publish(link: Link, batch: readonly DeviceId[]): Promise<void> {
    const { ledger, store, published, allow } = this.#services;
    const shared = sharedAddresses(store);
    const pages = batch.flatMap((id) => this.#plan(id, shared));
    if (pages.length === 0) return;
    const fresh = new Set(pages.filter(({ topic }) => !ledger.get(topic)).map(({ device }) => device));
    ledger.write(pages.map(({ topic, before }) => [topic, before]));
    const done = (await abortable(this.#sendAll(link, pages), deadline(patience, link.signal))).filter((page) => page !== undefined);
    if (done.length === 0) return;
    allow(documents);
    ledger.write(done.map(({ topic, after }) => [topic, after]));
    ledger.edition++;
    if (fresh.size > 0) this.#touchFedBy(fresh);
    published();
  }

  #plan(id: DeviceId, shared: ReadonlySet<string>): readonly Page[] {
    const { ledger, clock } = this.#services;
    const pages = planDevice(this.#services, id, shared);
    for (const topic of staleTopics(this.#services, id, pages.length)) {
      // The topics that entities read are cleared when Home Assistant has let go of them: an empty state is a line in its log.
      if (!this.#sweep.has(topic)) this.#sweep.set(topic, { device: id, at: clock.monotonic() + (topic.endsWith("/config") ? 0 : settle) });
    }
    const lost = pages.length > 0 && this.#lost.delete(id);
    return pages.filter(({ topic, after }) => lost || ledger.get(topic)?.hash !== after.hash);
  }

  /** The first of a connection goes alone, to see whether the broker takes any. */
  async #sendAll(link: Link, pages: readonly Page[]): Promise<readonly (Page | undefined)[]> {
    const [first, ...rest] = pages;
    if (this.#welcome || !first) return Promise.all(pages.map((page) => this.#send(link, page)));
    try {
      if ((await this.#send(link, first)) === undefined) return [];
    } catch (error) {
      if (++this.#hungUp >= hangUps) this.#forbid(first);
      throw error;
    }
    this.#welcome = true;
    this.#hungUp = 0;
    return [first, ...(await Promise.all(rest.map((page) => this.#send(link, page))))];
  }

  #forbid({ device, topic }: Page): void {
    const { clock, deny } = this.#services;
    this.#forbiddenUntil = clock.monotonic() + standstill;
    this.#hungUp = 0;
    this.#due.set(device, this.#forbiddenUntil);
    deny(documents, topic);
  }

  async #send(link: Link, page: Page): Promise<Page | undefined> {
    const { clock } = this.#services;
    this.#sent.set(page.device, clock.monotonic());
    try {
      await link.deliver(page.topic, page.json, { retain: true });
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      this.#forbid(page);
      return undefined;
    }
    if (page.marks) this.touch(page.device);
    return page;
  }

  async #clear(link: Link): Promise<void> {
    const now = this.#services.clock.monotonic();
    const ripe = new Map<DeviceId, string[]>();
    for (const [topic, { device, at }] of this.#sweep) {
      if (at > now) continue;
      this.#sweep.delete(topic);
      ripe.set(device, [...(ripe.get(device) ?? []), topic]);
    }
    for (const [device, topics] of ripe) {
      const stale = new Set(staleTopics(this.#services, device, planDevice(this.#services, device, new Set()).length));
      const cleared = await Promise.all(topics.filter((topic) => stale.has(topic)).map((topic) => this.#empty(link, topic)));
      this.#services.ledger.forget(cleared.filter((topic) => topic !== undefined));
    }
  }

  async #empty(link: Link, topic: string): Promise<string | undefined> {
    this.#clearing.add(topic);
    try {
      await link.deliver(topic, "", { retain: true });
      return topic;
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      this.#services.deny("clearing what is gone", topic);
      return undefined;
    } finally {
      this.#clearing.delete(topic);
    }
  }

  /** Until something is due. */
  async #rest(signal: AbortSignal): Promise<void> {
    const { clock } = this.#services;
    let next = Number.POSITIVE_INFINITY;
    for (const at of this.#due.values()) next = Math.min(next, Math.max(at, this.#forbiddenUntil));
    for (const { at } of this.#sweep.values()) next = Math.min(next, at);
    if (next <= clock.monotonic()) return;
    this.#wake = Promise.withResolvers();
    using _timer = Number.isFinite(next) ? clock.after(next - clock.monotonic(), () => this.#wake.resolve()) : undefined;
    await abortable(this.#wake.promise, signal);
  }
}
