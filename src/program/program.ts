import { findAddon } from "#config/addon.ts";
import type { Configuration } from "#config/configuration.ts";
import { differences, type Differences } from "#config/differences.ts";
import { loadConfiguration } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import { configurationRepairs, quarantineRepairs } from "#config/repair.ts";
import type { Repair } from "#domain/repair.ts";
import { createDrivers } from "#driver/registry.ts";
import { confirmationLife } from "#engine/confirmation.ts";
import { Engine } from "#engine/engine.ts";
import type { Clock } from "#platform/clock.ts";
import type { LogLevel, RootLog } from "#platform/log.ts";
import { brokerRepairs } from "#publish/mqtt/repair.ts";
import type { Health, ReloadResult, RestDependencies } from "#publish/rest/option.ts";
import { createStore, type Store } from "#store/store.ts";
import { mountPage } from "#ui/mount.ts";
import { version } from "../version.ts";
import { AddonLife } from "./addon-life.ts";
import { atHomeAssistant } from "./at-home-assistant.ts";
import { openData, settled, type DataFolder } from "./data-folder.ts";
import { changeDevices, startDevice, type Drivers } from "./device-entries.ts";
import { MemberDevices } from "./member-devices.ts";
import { MqttSlot } from "./mqtt-slot.ts";
import { NutSlot } from "./nut-slot.ts";
import { NotStarted } from "./not-started.ts";
import { combine, fromFile, soughtBroker, type FromFile } from "./plan.ts";
import { PwrstatSlot } from "./pwrstat-slot.ts";
import { RestSlot } from "./rest-slot.ts";
import { createSetup } from "./setup.ts";

export interface ProgramOptions {
  /** The configuration file. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: RootLog;
}

/** What a start needs before anything runs. */
interface Beginning {
  readonly drivers: Drivers;
  readonly addon: AddonLife | undefined;
  readonly file: FromFile;
  readonly configuration: Configuration;
}

/** Everything that runs, and how it is put together: configuration, drivers, engine, publishers. */
export class Program implements AsyncDisposable {
  readonly #options: ProgramOptions;
  readonly #drivers: Drivers;
  readonly #addon: AddonLife | undefined;
  readonly #store: Store = createStore();
  readonly #data: DataFolder;
  readonly #engine: Engine;
  readonly #members: MemberDevices;
  readonly #mqtt: MqttSlot;
  readonly #rest: RestSlot;
  readonly #pwrstat: PwrstatSlot;
  readonly #nut: NutSlot;
  readonly #instance: string;
  /** What runs. */
  #configuration: Configuration;
  /** The file as it was last usable. */
  #file: FromFile;
  /** What is wrong with the file as it is now, as a whole. */
  #wrong: FromFile["wrong"];
  #reloading: Promise<unknown> = Promise.resolve();
  #ended: Promise<void> | undefined;

  private constructor(options: ProgramOptions, { drivers, addon, file, configuration }: Beginning) {
    const { clock, log } = options;
    this.#options = options;
    this.#drivers = drivers;
    this.#addon = addon;
    this.#file = file;
    this.#wrong = file.wrong;
    this.#configuration = configuration;
    this.#data = openData(configuration.data, log, { rest: addon !== undefined });
    const { database } = this.#data;
    this.#engine = new Engine({ store: this.#store, database, clock, log });
    this.#members = new MemberDevices({ engine: this.#engine, drivers, store: this.#store, database, log });
    // The same at every start, so that two installations never throw each other out of the broker.
    const clientId = settled(database, "client-id", () => `rack-power-${crypto.randomUUID().slice(0, 8)}`);
    this.#instance = settled(database, "instance", () => crypto.randomUUID());
    const shared = { store: this.#store, bus: this.#engine.bus, events: this.#engine.events, clock, version };
    this.#nut = new NutSlot({ ...shared, log: log.child("nut") });
    this.#pwrstat = new PwrstatSlot({ store: this.#store, clock, log: log.child("pwrstat") });
    this.#mqtt = new MqttSlot(
      { ...shared, log: log.child("mqtt"), database, url: "", language: () => addon?.language, ...(addon && { page: () => addon.page }) },
      clientId,
      (broker) => void this.#pwrstat.follow(broker),
    );
    this.#rest = new RestSlot({ ...shared, ...this.#doors(), log: log.child("rest"), confirmationLife }, addon?.ingress);
  }

  /**
   * Throws `NotStarted` when the configuration as a whole is not usable. No device and no broker can keep it from starting; and under the Supervisor
   * no configuration either, as nobody could see there why it ends again and again.
   */
  static async start(options: ProgramOptions): Promise<Program> {
    const { environment, clock, log } = options;
    const place = findAddon(environment);
    let program: Program | undefined;
    const again = (): void => void program?.reload().catch((error: unknown) => log.error("reading the configuration again failed", error));
    const addon = place && (await AddonLife.enter({ addon: place, file: options.file, clock, log, again }));
    try {
      program = await Program.#start(options, addon);
      return program;
    } catch (error) {
      await addon?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #start(options: ProgramOptions, addon: AddonLife | undefined): Promise<Program> {
    const { file, environment, clock, log } = options;
    const drivers = createDrivers(clock, addon?.address);
    const loaded = await loadConfiguration(file, drivers, environment);
    if (!loaded.ok && !addon) throw new NotStarted(loaded.problems.map(formatProblem));
    const found = fromFile(loaded);
    const configuration = combine(found, addon?.part());
    for (const secret of configuration.secrets) log.hide(secret);
    log.level = configuration.log ?? "info";
    for (const problem of found.wrong) log.error(formatProblem(problem));
    const program = new Program(options, { drivers, addon, file: found, configuration });
    try {
      await program.#begin();
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return program;
  }

  /** Where the REST API listens, when it does. */
  get url(): string | undefined {
    return this.#rest.server?.url;
  }

  /** Reads the file again. What is not usable as a whole changes nothing; devices that did not change keep their connection. */
  reload(): Promise<ReloadResult> {
    if (this.#ended) return Promise.resolve({ accepted: false, problems: ["Rack Power is stopping"] });
    const next = this.#reloading.then(() => this.#reload());
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  /** Until the next start, or until the configuration is read again. */
  setLogLevel(level: LogLevel): void {
    this.#options.log.level = level;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#ended ??= this.#end());
  }

  async #begin(): Promise<void> {
    const { devices, mqtt, rest, compat, nutServer } = this.#configuration;
    const sought = this.#addon && soughtBroker(this.#file, this.#addon.options);
    const broker = mqtt ? "MQTT" : sought ? "MQTT by Home Assistant's broker" : "no MQTT";
    this.#options.log.info(`Rack Power ${version}: ${devices.length} devices, ${broker}, ${rest ? "REST API" : "no REST API"}`);
    for (const entry of devices) startDevice(this.#engine, this.#drivers, entry);
    await this.#members.use(devices);
    await this.#rest.start(rest);
    this.#addon?.followPage(() => this.#mqtt.publisher?.pageMoved());
    this.#addon?.followLanguage(() => this.#mqtt.publisher?.languageChanged());
    await this.#mqtt.use(mqtt);
    await this.#pwrstat.use(compat?.pwrstat);
    await this.#nut.use(nutServer);
    await this.#addon?.seek(sought, this.#mqtt);
    if (this.#rest.server) this.#addon?.announce(this.#rest.server.port);
  }

  async #end(): Promise<void> {
    this.#addon?.stop();
    await this.#settled();
    this.#members[Symbol.dispose]();
    // While commands end, the API still answers: what comes now is told that the program is stopping.
    await this.#engine[Symbol.asyncDispose]();
    await Promise.all([
      this.#rest[Symbol.asyncDispose](),
      this.#mqtt[Symbol.asyncDispose](),
      this.#pwrstat[Symbol.asyncDispose](),
      this.#nut[Symbol.asyncDispose](),
    ]);
    await this.#addon?.[Symbol.asyncDispose]();
    this.#data[Symbol.dispose]();
  }

  /** What was read again may have set off a move of the API, which is then waited for as well. */
  async #settled(): Promise<void> {
    for (let awaited: unknown; awaited !== this.#reloading;) await (awaited = this.#reloading);
  }

  async #reload(): Promise<ReloadResult> {
    const { file, environment, log } = this.#options;
    const loaded = await loadConfiguration(file, this.#drivers, environment);
    await this.#addon?.refresh();
    const problems = loaded.problems.map(formatProblem);
    const found = fromFile(loaded);
    this.#wrong = found.wrong;
    if (loaded.ok) this.#file = found;
    else for (const line of problems) log.error(line);
    // The add-on's options hold whatever the file is.
    const what = loaded.ok || this.#addon ? await this.#adapt() : undefined;
    if (what && loaded.ok) {
      const { added, changed, removed, unchanged } = what;
      log.info(`configuration read again: ${added.length} added, ${changed.length} changed, ${removed.length} removed, ${unchanged.length} unchanged`);
    }
    return { accepted: loaded.ok, problems };
  }

  /** Makes of what runs what file and options say now. */
  async #adapt(): Promise<Differences> {
    const { log } = this.#options;
    const old = this.#configuration;
    const fresh = combine(this.#file, this.#addon?.part());
    const what = differences(old, fresh);
    this.#configuration = fresh;
    for (const secret of fresh.secrets) log.hide(secret);
    log.level = fresh.log ?? "info";
    await this.#members.yieldTo(fresh.devices);
    await changeDevices(this.#engine, this.#drivers, old, fresh, what);
    await this.#members.use(fresh.devices, true);
    if (what.sections.includes("rest") && !this.#rest.adapt(fresh.rest)) this.#moveRest(fresh);
    if (what.sections.includes("mqtt") && fresh.mqtt) await this.#addon?.seek(undefined, this.#mqtt);
    if (what.sections.includes("mqtt")) await this.#mqtt.use(fresh.mqtt);
    if (what.sections.includes("compat")) await this.#pwrstat.use(fresh.compat?.pwrstat);
    if (what.sections.includes("nutServer") || this.#nut.problems().length > 0) await this.#nut.use(fresh.nutServer);
    if (this.#addon) await this.#addon.seek(soughtBroker(this.#file, this.#addon.options), this.#mqtt);
    if (what.sections.includes("data")) log.warn("data: the new folder is used from the next start on");
    return what;
  }

  /** The request for this very change may have come over the API: another address is taken after it has been answered. */
  #moveRest({ rest }: Configuration): void {
    const move = (): Promise<void> => this.#rest.start(rest);
    this.#reloading = this.#reloading.then(move).catch((error: unknown) => this.#options.log.error(error instanceof Error ? error.message : String(error)));
  }

  /** What the API can ask of the program. */
  #doors(): Omit<RestDependencies, "store" | "bus" | "events" | "clock" | "log" | "version" | "confirmationLife"> {
    const { file, environment, clock, log } = this.#options;
    const ids = (): readonly string[] => this.#store.devices().map(({ id }) => id);
    const hide = (secret: string): void => log.hide(secret);
    return {
      ...createSetup({ file, drivers: this.#drivers, environment, clock, log: log.child("setup"), ids, hide, reload: () => this.reload() }),
      page: mountPage,
      health: () => this.#health(),
      repairs: () => this.#repairs(),
      entities: () => this.#mqtt.publisher?.published(),
      ...(this.#addon && {
        atHomeAssistant: atHomeAssistant(this.#addon.core, { devices: () => this.#store.devices(), published: () => this.#mqtt.publisher?.published() }),
      }),
      reload: () => this.reload(),
      setLogLevel: (level) => this.setLogLevel(level),
      copy: { make: () => this.#data.makeCopy(), drop: () => this.#data.dropCopy() },
      file: () => this.#options.file,
    };
  }

  #repairs(): readonly Repair[] {
    const broker = this.#mqtt.status();
    return [
      ...configurationRepairs(this.#wrong),
      ...quarantineRepairs(this.#configuration),
      ...this.#engine.repairs(),
      ...(broker ? brokerRepairs(broker) : []),
      ...(this.#addon?.repairs() ?? []),
    ];
  }

  #health(): Health {
    const problems = this.#store
      .devices()
      .flatMap(({ id, connection }) =>
        connection.state === "online" ? [] : [`${id} is ${connection.state}${connection.detail === undefined ? "" : `: ${connection.detail}`}`],
      );
    const broker = this.#mqtt.status();
    if (broker && broker.state !== "connected") problems.unshift(`the broker: ${broker.detail ?? broker.state}`);
    problems.push(...this.#pwrstat.problems(), ...this.#nut.problems());
    problems.unshift(...this.#wrong.map(formatProblem), ...(this.#addon?.repairs() ?? []).map(({ detail }) => detail));
    const state = this.#ended ? "stopping" : problems.length === 0 ? "ready" : "degraded";
    const partners = this.#addon?.partners();
    return { state, problems, instance: this.#instance, logLevel: this.#options.log.level, ...(broker && { broker }), ...(partners && { partners }) };
  }
}
