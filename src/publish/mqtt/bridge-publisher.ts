import type { Clock } from "#platform/clock.ts";
import type { StoreReader } from "#store/read.ts";
import { bridgeState, editionOf } from "./bridge.ts";
import type { Ledger } from "./ledger.ts";
import type { Message } from "./link.ts";
import type { Topics } from "./topic.ts";

export interface BridgeServices {
  readonly store: StoreReader;
  readonly clock: Clock;
  readonly topics: Topics;
  readonly ledger: Ledger;
  readonly version: string;
  deliver(topic: string, payload: string): void;
}

/** A thousand devices that connect at once are one message. */
const pause = 500;
/** How long the broker may take to show what it kept. */
const patience = 1000;

/** Tells what the program says of itself. The first state after a connection waits until the one that the broker kept has been read. */
export class BridgePublisher implements Disposable {
  readonly #services: BridgeServices;
  #ready = false;
  /** What is to be told after the pause. */
  #planned: Disposable | undefined;
  #ended = false;
  #last: string | undefined;
  #kept = Promise.withResolvers<number | undefined>();

  constructor(services: BridgeServices) {
    this.#services = services;
  }

  /** A new connection: what the broker kept is to be read first. */
  pause(): void {
    this.#ready = false;
    this.#last = undefined;
    this.#kept = Promise.withResolvers();
  }

  receive({ payload, retained }: Message): void {
    if (retained) this.#kept.resolve(editionOf(payload.toString()));
  }

  /** True when the broker does not have all the documents that it acknowledged, such as after a start without its memory. */
  async lostEdition(signal: AbortSignal): Promise<boolean> {
    const { ledger, clock } = this.#services;
    const { edition } = ledger;
    if (edition === 0) return false;
    return (await Promise.race([this.#kept.promise, clock.sleep(patience, signal).then(() => undefined)])) !== edition;
  }

  begin(): void {
    this.#ready = true;
    this.#tell();
  }

  touch(): void {
    if (this.#ended) return;
    this.#planned ??= this.#services.clock.after(pause, () => {
      this.#planned = undefined;
      this.#tell();
    });
  }

  repeat(): void {
    this.#last = undefined;
    this.#tell();
  }

  /** Nothing is told from now on: the ledger's database may be closed before the pause is over. */
  [Symbol.dispose](): void {
    this.#ended = true;
    this.#planned?.[Symbol.dispose]();
    this.#planned = undefined;
  }

  #tell(): void {
    const { store, topics, ledger, version, deliver } = this.#services;
    if (!this.#ready || this.#ended) return;
    const state = bridgeState(store.devices(), version, ledger.edition);
    if (state === this.#last) return;
    this.#last = state;
    deliver(topics.bridge, state);
  }
}
