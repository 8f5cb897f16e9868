import { createAnswer, createMetricAnswer } from "./answer.ts";
import { openDoor, type Door, type Question, type Reply } from "./door.ts";
import { MessageSender } from "./message.ts";
import type { DoorOptions, PwrstatOptions, PwrstatServices } from "./option.ts";
import { createView } from "./view.ts";

export interface Pwrstat extends AsyncDisposable {
  /** Where the old paths are now, and the metrics; undefined while the address cannot be had. */
  readonly url: string | undefined;
  readonly metricUrl: string | undefined;
  /** What a person should know: each one sentence. */
  problems(): readonly string[];
}

/** Milliseconds until an address that could not be had is tried again. */
const patience = 10_000;

/** A door that opens as soon as its address is free. */
class OpeningDoor implements AsyncDisposable {
  readonly #life = new AbortController();
  readonly #done: Promise<void>;
  #door: Door | undefined;
  #trouble: string | undefined;

  constructor(name: string, options: DoorOptions, answer: (question: Question) => Reply, services: PwrstatServices, first: () => void) {
    this.#done = this.#open(name, options, answer, services, first);
  }

  get url(): string | undefined {
    return this.#door?.url;
  }
  get trouble(): string | undefined {
    return this.#trouble;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    await this.#done;
    await this.#door?.[Symbol.asyncDispose]();
  }

  async #open(name: string, options: DoorOptions, answer: (question: Question) => Reply, services: PwrstatServices, first: () => void): Promise<void> {
    const { clock, log } = services;
    const { signal } = this.#life;
    while (!signal.aborted && !this.#door) {
      try {
        this.#door = await openDoor(options, answer);
        this.#trouble = undefined;
        log.info(`${name} at ${this.#door.url}`);
      } catch (error) {
        const trouble = `${name} ${error instanceof Error ? error.message : String(error)}`;
        if (this.#trouble !== trouble) log.error(`${trouble}; trying again`);
        this.#trouble = trouble;
      }
      first();
      if (!this.#door) await clock.sleep(patience, signal).catch(() => undefined);
    }
  }
}

const openFirst = async (name: string, options: DoorOptions | undefined, answer: (question: Question) => Reply, services: PwrstatServices) => {
  if (!options) return undefined;
  const tried = Promise.withResolvers<void>();
  const door = new OpeningDoor(name, options, answer, services, tried.resolve);
  await tried.promise;
  return door;
};

/**
 * pwrstat_docker's three ways out, each as its users know it, for any UPS of the store: nothing is read from the device for a request. Resolves when
 * each address has been tried once; none of them, and no broker, keeps it from starting.
 */
export const startPwrstat = async (options: PwrstatOptions, services: PwrstatServices): Promise<Pwrstat> => {
  let sender: MessageSender | undefined;
  const view = createView(services.store, options.device, options.exact, () => sender?.changed());
  if (options.mqtt) sender = new MessageSender(options.mqtt, view.now, services);
  const rest = await openFirst(
    "rest",
    options.rest,
    createAnswer(view.now, () => sender?.connected ?? false),
    services,
  );
  const metrics = await openFirst("prometheus", options.prometheus, createMetricAnswer(view.now, options.prometheus?.labels ?? {}), services);
  return {
    get url() {
      return rest?.url;
    },
    get metricUrl() {
      return metrics?.url;
    },
    problems: () => [rest?.trouble, metrics?.trouble, sender?.trouble].filter((one) => one !== undefined),
    [Symbol.asyncDispose]: async () => {
      view[Symbol.dispose]();
      await Promise.all([sender?.[Symbol.asyncDispose](), rest?.[Symbol.asyncDispose](), metrics?.[Symbol.asyncDispose]()]);
    },
  };
};
