import type { MqttSettings } from "#config/configuration.ts";
import { readText } from "#platform/file.ts";
import type { MqttDependencies, MqttPublisher, MqttStatus, TlsOptions } from "#publish/mqtt/option.ts";
import { startMqtt } from "#publish/mqtt/publisher.ts";

const tlsOf = async ({ ca, cert, key, rejectUnauthorized }: MqttSettings["tls"]): Promise<TlsOptions> => {
  const files = Object.entries({ ca, cert, key }).flatMap(([name, path]) => (path === undefined ? [] : [[name, path] as const]));
  return { ...Object.fromEntries(await Promise.all(files.map(async ([name, path]) => [name, await readText(path)]))), rejectUnauthorized };
};

/** The publisher for the broker of now, which may be another one in a moment, or none. */
export class MqttSlot implements AsyncDisposable {
  readonly #dependencies: MqttDependencies;
  readonly #clientId: string;
  readonly #moved: (settings: MqttSettings | undefined) => void;
  #publisher: MqttPublisher | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  /** `clientId`: used unless the settings have one. `moved`: told of the broker that is used from then on. */
  constructor(dependencies: MqttDependencies, clientId: string, moved: (settings: MqttSettings | undefined) => void = () => undefined) {
    this.#dependencies = dependencies;
    this.#clientId = clientId;
    this.#moved = moved;
  }

  get publisher(): MqttPublisher | undefined {
    return this.#publisher;
  }

  status(): MqttStatus | undefined {
    return this.#publisher?.status();
  }

  /** Leaves the broker it is at, and goes to this one. Calls wait for each other. */
  use(settings: MqttSettings | undefined): Promise<void> {
    const next = this.#turn.then(() => this.#use(settings));
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#turn;
    await this.#publisher?.[Symbol.asyncDispose]();
  }

  async #use(settings: MqttSettings | undefined): Promise<void> {
    await this.#publisher?.[Symbol.asyncDispose]();
    this.#publisher = undefined;
    this.#moved(settings);
    if (!settings || this.#closed) return;
    const { tls, clientId = this.#clientId, ...rest } = settings;
    this.#publisher = startMqtt({ ...rest, clientId, tls: await tlsOf(tls) }, this.#dependencies);
  }
}
