import type { NutServerSettings } from "#config/configuration.ts";
import { readText } from "#platform/file.ts";
import type { NutTls } from "#publish/nut/option.ts";
import { startNutServer, type NutServer } from "#publish/nut/server.ts";
import { createStoreRack, type StoreRackServices } from "#publish/nut/store-rack.ts";

interface NutSlotServices extends Omit<StoreRackServices, "names"> {
  readonly version: string;
}

/** Milliseconds until an address that could not be had is tried again: after a start of the machine it may only be late. */
const again = 30_000;

const readTls = async ({ tls }: NutServerSettings): Promise<NutTls | undefined> => tls && { cert: await readText(tls.cert), key: await readText(tls.key) };

/** The server for NUT's clients as the configuration has it now, if it has one. */
export class NutSlot implements AsyncDisposable {
  readonly #services: NutSlotServices;
  readonly #rack: ReturnType<typeof createStoreRack>;
  #server: NutServer | undefined;
  #settings: NutServerSettings | undefined;
  /** Where the server is. */
  #place: Pick<NutServerSettings, "host" | "port"> | undefined;
  /** Why it does not run as it should. */
  #trouble: string | undefined;
  #retry: Disposable | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(services: NutSlotServices) {
    this.#services = services;
    this.#rack = createStoreRack({ ...services, names: () => this.#settings?.names ?? {} });
  }

  /** Where it listens, when it does. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  problems(): readonly string[] {
    return this.#trouble === undefined ? [] : [`nutServer: ${this.#trouble}`];
  }

  /** Clients stay connected while the address stays. Never rejects: what is wrong here stops nothing else. */
  use(settings: NutServerSettings | undefined): Promise<void> {
    this.#turn = this.#turn.then(() => this.#use(settings));
    return this.#turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#turn;
    this.#retry?.[Symbol.dispose]();
    await this.#server?.[Symbol.asyncDispose]();
    this.#rack[Symbol.dispose]();
  }

  async #use(settings: NutServerSettings | undefined): Promise<void> {
    const { log, clock } = this.#services;
    this.#retry?.[Symbol.dispose]();
    if (this.#closed) return;
    this.#settings = settings;
    try {
      await this.#follow(settings);
      this.#trouble = undefined;
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.#trouble) log.error(trouble);
      this.#trouble = trouble;
      this.#retry = clock.after(again, () => void this.use(settings));
    }
  }

  async #follow(settings: NutServerSettings | undefined): Promise<void> {
    const tls = settings && (await readTls(settings));
    const stays = settings && settings.host === this.#place?.host && settings.port === this.#place.port;
    if (stays && this.#server) return this.#server.replace(settings.users, tls);
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
    if (!settings) return;
    this.#server = await startNutServer({ ...settings, tls }, { ...this.#services, rack: this.#rack });
    this.#place = settings;
    this.#services.log.info(`UPSs for NUT's clients at ${settings.host}, port ${this.#server.port}`);
  }
}
