import { join } from "node:path";
import { isQuarantined, type Configuration, type DeviceEntry, type MqttSettings, type RestSettings } from "#config/configuration.ts";
import { differences, same } from "#config/differences.ts";
import { loadConfiguration } from "#config/load.ts";
import { formatProblem, type Problem } from "#config/problem.ts";
import { createDrivers } from "#driver/registry.ts";
import type { Driver } from "#driver/contract.ts";
import { confirmationLife } from "#engine/confirmation.ts";
import { Engine } from "#engine/engine.ts";
import type { Clock } from "#platform/clock.ts";
import { InUse, openDatabase, type Database } from "#platform/database.ts";
import { readText } from "#platform/file.ts";
import type { RootLog } from "#platform/log.ts";
import type { MqttPublisher, TlsOptions } from "#publish/mqtt/option.ts";
import { startMqtt } from "#publish/mqtt/publisher.ts";
import type { Health, ReloadResult } from "#publish/rest/option.ts";
import { startRest, type RestServer } from "#publish/rest/server.ts";
import { createStore, type Store } from "#store/store.ts";
import { version } from "./version.ts";

/** Why the program cannot start, one line each. Exit code 78: the configuration is wrong. */
export class NotStarted extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.name = "NotStarted";
    this.lines = lines;
  }
}

export interface ProgramOptions {
  /** The configuration file. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: RootLog;
}

const hide = ({ secrets }: Configuration, log: RootLog): void => {
  for (const secret of secrets) log.hide(secret);
};

const openData = (folder: string, log: RootLog): Database => {
  try {
    return openDatabase(join(folder, "rack-power.db"), (moved) => log.error(`the database was damaged and is now ${moved}; starting with a new one`));
  } catch (error) {
    const why = error instanceof InUse ? "another Rack Power uses it" : error instanceof Error ? error.message : String(error);
    throw new NotStarted([`data: the folder ${folder} cannot be used: ${why}`]);
  }
};

/** The same at every start and different on every installation, so that two of them never throw each other out of the broker. */
const clientIdOf = (database: Database): string => {
  const [known] = database.all<{ value: string }>("select value from setting where key = 'client-id'");
  if (known) return known.value;
  const made = `rack-power-${crypto.randomUUID().slice(0, 8)}`;
  database.run("insert into setting (key, value) values ('client-id', ?)", made);
  return made;
};

const tlsOf = async ({ ca, cert, key, rejectUnauthorized }: MqttSettings["tls"]): Promise<TlsOptions> => {
  const files = Object.entries({ ca, cert, key }).flatMap(([name, path]) => (path === undefined ? [] : [[name, path] as const]));
  return { ...Object.fromEntries(await Promise.all(files.map(async ([name, path]) => [name, await readText(path)]))), rejectUnauthorized };
};

/** Everything that runs, and how it is put together: configuration, drivers, engine, publishers. */
export class Program implements AsyncDisposable {
  readonly #options: ProgramOptions;
  readonly #drivers: ReadonlyMap<string, Driver<never>>;
  readonly #store: Store;
  readonly #database: Database;
  readonly #engine: Engine;
  #configuration: Configuration;
  #mqtt: MqttPublisher | undefined;
  #rest: RestServer | undefined;
  /** Where `#rest` is by the configuration, which may say something else by now. */
  #restPlace: Pick<RestSettings, "host" | "port"> | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #ended: Promise<void> | undefined;

  private constructor(options: ProgramOptions, drivers: ReadonlyMap<string, Driver<never>>, configuration: Configuration) {
    const { clock, log } = options;
    this.#options = options;
    this.#drivers = drivers;
    this.#configuration = configuration;
    this.#store = createStore();
    this.#database = openData(configuration.data, log);
    this.#engine = new Engine({ store: this.#store, database: this.#database, clock, log });
  }

  /** Throws `NotStarted` when the configuration as a whole is not usable. No device and no broker can keep it from starting. */
  static async start(options: ProgramOptions): Promise<Program> {
    const drivers = createDrivers(options.clock);
    const loaded = await loadConfiguration(options.file, drivers, options.environment);
    if (!loaded.ok) throw new NotStarted(loaded.problems.map(formatProblem));
    hide(loaded.configuration, options.log);
    options.log.level = loaded.configuration.log;
    const { devices, mqtt, rest } = loaded.configuration;
    options.log.info(`Rack Power ${version}: ${devices.length} devices, ${mqtt ? "MQTT" : "no MQTT"}, ${rest ? "REST API" : "no REST API"}`);
    const program = new Program(options, drivers, loaded.configuration);
    try {
      for (const entry of loaded.configuration.devices) program.#startDevice(entry);
      program.#rest = await program.#startRest(loaded.configuration.rest);
      program.#mqtt = await program.#startMqtt(loaded.configuration.mqtt);
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return program;
  }

  /** Where the REST API listens, when it does. */
  get url(): string | undefined {
    return this.#rest?.url;
  }

  /** Reads the file again. What is not usable as a whole changes nothing; devices that did not change keep their connection. */
  reload(): Promise<ReloadResult> {
    if (this.#ended) return Promise.resolve({ accepted: false, problems: ["Rack Power is stopping"] });
    const next = this.#reloading.then(() => this.#reload());
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#ended ??= this.#end());
  }

  async #end(): Promise<void> {
    await this.#reloading;
    // While commands end, the API still answers: what comes now is told that the program is stopping.
    await this.#engine[Symbol.asyncDispose]();
    await this.#rest?.[Symbol.asyncDispose]();
    await this.#mqtt?.[Symbol.asyncDispose]();
    this.#database[Symbol.dispose]();
  }

  async #reload(): Promise<ReloadResult> {
    const { file, environment, log } = this.#options;
    const loaded = await loadConfiguration(file, this.#drivers, environment);
    const problems = loaded.problems.map(formatProblem);
    if (!loaded.ok) {
      for (const line of problems) log.error(line);
      return { accepted: false, problems };
    }
    const fresh = loaded.configuration;
    const old = this.#configuration;
    const { added, removed, changed, unchanged, sections } = differences(old, fresh);
    this.#configuration = fresh;
    hide(fresh, log);
    log.level = fresh.log;
    await Promise.all(removed.map((id) => this.#engine.remove(id)));
    await Promise.all(fresh.devices.filter(({ settings }) => changed.includes(settings.id)).map((entry) => this.#changeDevice(old, entry)));
    for (const entry of fresh.devices) if (added.includes(entry.settings.id)) this.#startDevice(entry);
    if (sections.includes("rest")) this.#changeRest(fresh.rest);
    if (sections.includes("mqtt")) {
      await this.#mqtt?.[Symbol.asyncDispose]();
      this.#mqtt = undefined;
      this.#mqtt = await this.#startMqtt(fresh.mqtt);
    }
    if (sections.includes("data")) log.warn("data: the new folder is used from the next start on");
    log.info(`configuration read again: ${added.length} added, ${changed.length} changed, ${removed.length} removed, ${unchanged.length} unchanged`);
    return { accepted: true, problems };
  }

  #startDevice(entry: DeviceEntry): void {
    const { settings } = entry;
    if (isQuarantined(entry)) {
      this.#engine.quarantine(settings, entry.problems.map((problem: Problem) => formatProblem(problem)).join("; "));
      return;
    }
    const driver = this.#drivers.get(settings.driver);
    if (!driver) throw new TypeError(`no driver ${settings.driver}, though the configuration was checked`);
    this.#engine.start({ settings, driver, options: entry.options });
  }

  /** Names, locks and the like do not cost the connection. */
  async #changeDevice(old: Configuration, entry: DeviceEntry): Promise<void> {
    const { settings } = entry;
    const before = old.devices.find((one) => one.settings.id === settings.id);
    if (before && !isQuarantined(before) && !isQuarantined(entry) && before.settings.driver === settings.driver && same(before.options, entry.options)) {
      this.#engine.resettle(settings);
      return;
    }
    await this.#engine.stop(settings.id);
    this.#startDevice(entry);
  }

  /** The request for this very change may have come over the API: another address is taken after it has been answered. */
  #changeRest(fresh: RestSettings | undefined): void {
    const { host, port } = this.#restPlace ?? {};
    if (fresh && this.#rest && host === fresh.host && port === fresh.port) return this.#rest.replaceKeys(fresh.keys);
    const move = async (): Promise<void> => {
      const before = this.#rest;
      this.#rest = await this.#startRest(fresh);
      await before?.[Symbol.asyncDispose]();
    };
    this.#reloading = this.#reloading.then(move).catch((error: unknown) => this.#options.log.error(error instanceof Error ? error.message : String(error)));
  }

  async #startRest(settings: RestSettings | undefined): Promise<RestServer | undefined> {
    if (!settings) return undefined;
    const { clock, log } = this.#options;
    const { host, port, keys } = settings;
    try {
      const server = await startRest(
        { host, port, keys },
        {
          store: this.#store,
          bus: this.#engine.bus,
          log: log.child("rest"),
          clock,
          version,
          confirmationLife,
          health: () => this.#health(),
          reload: () => this.reload(),
        },
      );
      this.#restPlace = { host, port };
      return server;
    } catch (error) {
      throw new NotStarted([`rest.listen: ${error instanceof Error ? error.message : String(error)}`]);
    }
  }

  async #startMqtt(settings: MqttSettings | undefined): Promise<MqttPublisher | undefined> {
    if (!settings) return undefined;
    const { clock, log } = this.#options;
    const { tls, clientId = clientIdOf(this.#database), ...rest } = settings;
    return startMqtt(
      { ...rest, clientId, tls: await tlsOf(tls) },
      { store: this.#store, bus: this.#engine.bus, log: log.child("mqtt"), clock, database: this.#database, version, url: "" },
    );
  }

  #health(): Health {
    const problems = this.#store
      .devices()
      .flatMap(({ id, connection }) =>
        connection.state === "online" ? [] : [`${id} is ${connection.state}${connection.detail === undefined ? "" : `: ${connection.detail}`}`],
      );
    const broker = this.#mqtt?.status();
    if (broker && broker.state !== "connected") problems.unshift(`the broker: ${broker.detail ?? broker.state}`);
    return { state: problems.length === 0 ? "ready" : "degraded", problems };
  }
}
