import type { MessageOptions, PwrstatServices } from "#compat/pwrstat/option.ts";
import { startPwrstat, type Pwrstat } from "#compat/pwrstat/pwrstat.ts";
import type { DoorSettings, MqttSettings, PwrstatSettings } from "#config/configuration.ts";
import { same } from "#config/differences.ts";
import { readText } from "#platform/file.ts";

/** The files behind these names, where there are names. */
const contents = async <Name extends string>(files: Readonly<Partial<Record<Name, string>>>): Promise<Readonly<Partial<Record<Name, string>>>> => {
  const read = Object.entries<string | undefined>(files).flatMap(([name, path]) => (path === undefined ? [] : [[name, path] as const]));
  return Object.fromEntries(await Promise.all(read.map(async ([name, path]) => [name, await readText(path)]))) as Partial<Record<Name, string>>;
};

const open = async <Door extends DoorSettings>({
  tls,
  ...rest
}: Door): Promise<Omit<Door, "tls"> & { readonly tls?: { readonly cert: string; readonly key: string } }> => ({
  ...rest,
  ...(tls && { tls: { cert: await readText(tls.cert), key: await readText(tls.key) } }),
});

type Broker = Pick<MqttSettings, "url" | "username" | "password" | "tls">;

/** At the broker that it names, or else at the one that the program itself uses; undefined when there is neither. */
const messages = async (settings: NonNullable<PwrstatSettings["mqtt"]>, ours: Broker | undefined): Promise<MessageOptions | undefined> => {
  const { url, username, password, tls, ...rest } = settings;
  const broker: Broker | undefined = url === undefined ? ours : { url, tls, ...(username !== undefined && { username }), ...(password && { password }) };
  if (!broker) return undefined;
  const { rejectUnauthorized, ...files } = broker.tls;
  return {
    ...rest,
    url: broker.url,
    tls: { ...(await contents(files)), rejectUnauthorized },
    ...(broker.username !== undefined && { username: broker.username }),
    ...(broker.password && { password: broker.password }),
  };
};

const noBroker = "mqtt: there is no broker: give it a url, or the file a section mqtt";

/** pwrstat_docker's ways out as the configuration has them now, if it has them. */
export class PwrstatSlot implements AsyncDisposable {
  readonly #services: PwrstatServices;
  #running: Pwrstat | undefined;
  #settings: PwrstatSettings | undefined;
  #broker: Broker | undefined;
  /** Why it does not run as it should. */
  #trouble: string | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(services: PwrstatServices) {
    this.#services = services;
  }

  get running(): Pwrstat | undefined {
    return this.#running;
  }

  problems(): readonly string[] {
    const all = [...(this.#trouble === undefined ? [] : [this.#trouble]), ...(this.#running?.problems() ?? [])];
    return all.map((problem) => `compat.pwrstat: ${problem}`);
  }

  /** Ends what runs, and begins with these settings. */
  use(settings: PwrstatSettings | undefined): Promise<void> {
    return this.#next(settings, () => this.#broker);
  }

  /** The program itself is at this broker now. */
  follow(broker: Broker | undefined): Promise<void> {
    const before = this.#broker;
    this.#broker = broker;
    if (this.#settings?.mqtt === undefined || this.#settings.mqtt.url !== undefined || same(before, broker)) return this.#turn;
    return this.#next(this.#settings, () => this.#broker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#turn;
    await this.#running?.[Symbol.asyncDispose]();
  }

  #next(settings: PwrstatSettings | undefined, broker: () => Broker | undefined): Promise<void> {
    this.#settings = settings;
    this.#turn = this.#turn.then(() => this.#begin(settings, broker()));
    return this.#turn;
  }

  /** Never rejects: what is wrong here stops nothing else. */
  async #begin(settings: PwrstatSettings | undefined, broker: Broker | undefined): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.#running = undefined;
    this.#trouble = undefined;
    if (!settings || this.#closed) return;
    try {
      const { device, exact, rest, mqtt, prometheus } = settings;
      const sent = mqtt && (await messages(mqtt, broker));
      if (mqtt && !sent) {
        this.#trouble = noBroker;
        this.#services.log.warn(noBroker);
      }
      this.#running = await startPwrstat(
        { device, exact, ...(rest && { rest: await open(rest) }), ...(sent && { mqtt: sent }), ...(prometheus && { prometheus: await open(prometheus) }) },
        this.#services,
      );
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
      this.#services.log.error(this.#trouble);
    }
  }
}
