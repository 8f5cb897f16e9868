import type { RestSettings } from "#config/configuration.ts";
import type { Ingress, RestDependencies } from "#publish/rest/option.ts";
import { startRest, type RestServer } from "#publish/rest/server.ts";
import { NotStarted } from "./not-started.ts";

/** The API where it is now; it can move, get other keys, or not be there. */
export class RestSlot implements AsyncDisposable {
  readonly #dependencies: RestDependencies;
  readonly #ingress: Ingress | undefined;
  #server: RestServer | undefined;
  /** Where the server is by the configuration, which may say something else by now. */
  #place: Pick<RestSettings, "host" | "port"> | undefined;

  constructor(dependencies: RestDependencies, ingress: Ingress | undefined) {
    this.#dependencies = dependencies;
    this.#ingress = ingress;
  }

  get server(): RestServer | undefined {
    return this.#server;
  }

  /** Throws `NotStarted` when the address cannot be had; then nothing has changed. */
  async start(settings: RestSettings | undefined): Promise<void> {
    const before = this.#server;
    const { host, port, keys } = settings ?? {};
    try {
      this.#server =
        host === undefined || port === undefined || !keys
          ? undefined
          : await startRest({ host, port, keys, ...(this.#ingress && { ingress: this.#ingress }) }, this.#dependencies);
    } catch (error) {
      throw new NotStarted([`rest.listen: ${error instanceof Error ? error.message : String(error)}`]);
    }
    this.#place = host === undefined || port === undefined ? undefined : { host, port };
    await before?.[Symbol.asyncDispose]();
  }

  /** True when the server need not move for these settings; then they hold already. */
  adapt(settings: RestSettings | undefined): boolean {
    const { host, port } = this.#place ?? {};
    if (!settings || !this.#server || host !== settings.host || port !== settings.port) return false;
    this.#server.replaceKeys(settings.keys);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}
