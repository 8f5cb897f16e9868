import { join } from "node:path";
import { commandLineKeyFile, coreOf, type Addon } from "#config/addon.ts";
import { formatOptionProblem, readOptions, type AddonOptions, type OptionProblem } from "#config/addon-options.ts";
import { createFirstConfiguration } from "#config/first-configuration.ts";
import { same } from "#config/differences.ts";
import type { MqttSettings } from "#config/configuration.ts";
import { isFault } from "#domain/fault.ts";
import { repair, type Repair } from "#domain/repair.ts";
import type { Secret } from "#domain/secret.ts";
import { askAdministrators } from "#homeassistant/administrator.ts";
import { announce } from "#homeassistant/announcement.ts";
import { tooOld } from "#homeassistant/core-age.ts";
import { followBroker, type BrokerWatch } from "#homeassistant/broker.ts";
import { watchLanguage, type LanguageWatch } from "#homeassistant/language.ts";
import { ownKey } from "#homeassistant/own-key.ts";
import { watchSupervisor, type Supervisor } from "#homeassistant/supervisor.ts";
import type { Clock } from "#platform/clock.ts";
import { sha256 } from "#platform/digest.ts";
import { readTextIfThere } from "#platform/file.ts";
import type { Log, RootLog } from "#platform/log.ts";
import type { Ingress, Partner } from "#publish/rest/option.ts";
import { openCore, type CoreAddress, type CoreConnection, type CoreState } from "#transport/homeassistant/core-connection.ts";
import { createSupervisor, type AddonInfo } from "#transport/homeassistant/supervisor-client.ts";
import { NotStarted } from "./not-started.ts";
import type { AddonPart, BrokerDefaults } from "./plan.ts";
import type { MqttSlot } from "./mqtt-slot.ts";

export interface AddonServices {
  readonly addon: Addon;
  /** The configuration file, which is made when it is not there. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: RootLog;
  /** The Supervisor tells again what it did not tell when the configuration was read: to be read again. */
  again(): void;
}

interface Found {
  readonly options: AddonOptions;
  readonly problems: readonly OptionProblem[];
}

interface OwnKeys {
  readonly core: Secret;
  readonly commandLine: Secret;
}

const readKeys = async (addon: Addon, log: RootLog): Promise<OwnKeys> => {
  try {
    const keys = { core: await ownKey(join(addon.data, "home-assistant.key")), commandLine: await ownKey(commandLineKeyFile(addon)) };
    for (const key of Object.values(keys)) log.hide(key.reveal());
    return keys;
  } catch (error) {
    throw new NotStarted([`data: the folder ${addon.data} cannot be used: ${error instanceof Error ? error.message : String(error)}`]);
  }
};

/** What a person should know of Core: why it is away or refuses us, or that it is too old. */
const coreTrouble = (now: CoreState): string | undefined => (now.state === "connected" ? tooOld(now.version) : now.detail);

/** Core is away whenever it restarts; only a refusal, or a Core that is too old, needs a person, who is told once. */
const sayTrouble = (core: CoreConnection, log: Log): Disposable => {
  let refused = false;
  let old: string | undefined;
  return core.onState((now) => {
    if (now.state === "refused" && !refused) log.error(`${now.detail}; trying again`);
    if (now.state === "connected" && refused) log.info("Home Assistant accepts us again");
    refused = now.state === "refused" || (refused && now.state !== "connected");
    if (now.state !== "connected") return;
    const trouble = coreTrouble(now);
    if (trouble !== undefined && trouble !== old) log.warn(trouble);
    old = trouble;
  });
};

/** What the program is besides, when the Supervisor runs it. */
export class AddonLife implements AsyncDisposable {
  readonly ingress: Ingress;
  readonly core: CoreConnection;
  #language: LanguageWatch | undefined;
  readonly #services: AddonServices;
  readonly #supervisor: Supervisor;
  readonly #keys: OwnKeys;
  readonly #life = new AbortController();
  readonly #listening: Disposable;
  #found: Found = readOptions({});
  #watch: BrokerWatch | undefined;
  #sought: BrokerDefaults | undefined;
  /** Who we are; asked once, for as long as it takes. */
  #who: Promise<AddonInfo> | undefined;
  #page: string | undefined;
  /** What waits for it. */
  readonly #waiting: Promise<void>[] = [];
  /** Asking for the options until they are told. */
  #catchUp: Promise<void> | undefined;

  private constructor(services: AddonServices, keys: OwnKeys) {
    const { addon, clock, log } = services;
    this.#services = services;
    this.#keys = keys;
    this.#supervisor = watchSupervisor(createSupervisor(addon.supervisor, addon.token), clock, log.child("supervisor"));
    this.core = openCore({ ...coreOf(addon), clock, log: log.child("core") });
    this.#listening = sayTrouble(this.core, log.child("core"));
    const administrators = askAdministrators({ core: this.core, clock, log: log.child("page") });
    this.ingress = {
      peers: [addon.ingressPeer],
      scopes: async (user) => ((await administrators.includes(user)) ? ["read", "control", "admin"] : ["read"]),
    };
  }

  static async enter(services: AddonServices): Promise<AddonLife> {
    const { addon, file, log } = services;
    log.hide(addon.token.reveal());
    try {
      if (await createFirstConfiguration(file)) log.info(`${file} was made: devices are written there, and it explains how`);
    } catch (error) {
      log.error(`${file} could not be made: ${error instanceof Error ? error.message : String(error)}`);
    }
    const life = new AddonLife(services, await readKeys(addon, log));
    await life.#readFile();
    return life;
  }

  /** Where Core is, for drivers. */
  get address(): CoreAddress {
    return coreOf(this.#services.addon);
  }

  /** Core's, once it is known. */
  get language(): string | undefined {
    return this.#language?.language;
  }

  /** Tells of every change of `language` from now on. */
  followLanguage(changed: () => void): void {
    this.#language ??= watchLanguage(this.core, this.#services.log.child("core"), changed);
  }

  /** Where our page is in Home Assistant, once it is known. */
  get page(): string | undefined {
    return this.#page;
  }

  /** Tells when `page` is known. */
  followPage(known: () => void): void {
    this.#whenKnown("asking the Supervisor who we are", async ({ slug }) => {
      // Core refuses a whole document for one wrong address.
      if (!/^[\w.-]+$/.test(slug)) return;
      this.#page = `homeassistant://app/${slug}`;
      known();
    });
  }

  get options(): AddonOptions {
    return this.#found.options;
  }

  part(): AddonPart {
    const { data, listen } = this.#services.addon;
    const own = (name: string, key: Secret): AddonPart["keys"][number] => ({ name, hash: sha256(key.reveal()), scopes: ["read", "control", "admin"] });
    return { options: this.options, data, listen, keys: [own("home-assistant", this.#keys.core), own("command line", this.#keys.commandLine)] };
  }

  /** Asks for the options as they are now; when the Supervisor does not tell, those of before stay until it does. */
  async refresh(): Promise<void> {
    const { signal } = this.#life;
    try {
      this.#take(await this.#supervisor.ask("options", (client) => client.options(signal), signal));
    } catch (error) {
      if (signal.aborted) return;
      if (!isFault(error)) throw error;
      this.#catchUp ??= this.#await();
    }
  }

  /** Looks for a broker from now on, or no more. */
  async seek(sought: BrokerDefaults | undefined, slot: MqttSlot): Promise<void> {
    if (same(sought, this.#sought)) return;
    this.#sought = sought;
    await this.#watch?.[Symbol.asyncDispose]();
    this.#watch = undefined;
    if (!sought || this.#life.signal.aborted) return;
    const { clock, log } = this.#services;
    this.#watch = followBroker({
      supervisor: this.#supervisor,
      clock,
      log: log.child("mqtt"),
      state: () => slot.status()?.state,
      use: (broker) => {
        if (broker.password) log.hide(broker.password.reveal());
        const settings: MqttSettings = { ...sought, ...broker };
        return slot.use(settings);
      },
    });
  }

  /** Tells Core where we are, as soon as the Supervisor listens. */
  announce(port: number): void {
    const log = this.#services.log.child("supervisor");
    this.#whenKnown("telling Home Assistant", ({ hostname }) => announce(this.#supervisor, { hostname, port, key: this.#keys.core }, log, this.#life.signal));
  }

  partners(): readonly Partner[] {
    const [trouble] = this.#supervisor.repairs();
    const { state } = this.core.state;
    const detail = coreTrouble(this.core.state);
    return [
      trouble ? { name: "supervisor", state: "connecting", detail: trouble.detail } : { name: "supervisor", state: "connected" },
      { name: "core", state, ...(detail !== undefined && { detail }) },
    ];
  }

  repairs(): readonly Repair[] {
    const trouble = coreTrouble(this.core.state);
    const core = trouble === undefined ? [] : [repair({ kind: this.core.state.state === "connected" ? "core-old" : "core" }, trouble)];
    const options = this.#found.problems.map(({ option, message }) => repair({ kind: "option", option }, `${option}: ${message}`));
    return [...(this.#watch?.repairs() ?? []), ...options, ...this.#supervisor.repairs(), ...core];
  }

  /** Nothing is asked of the Supervisor any more. */
  stop(): void {
    this.#life.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    this.#listening[Symbol.dispose]();
    await Promise.all([
      ...this.#waiting,
      this.#catchUp,
      this.#watch?.[Symbol.asyncDispose](),
      this.#language?.[Symbol.asyncDispose](),
      this.core[Symbol.asyncDispose](),
    ]);
  }

  #whenKnown(what: string, act: (who: AddonInfo) => Promise<void>): void {
    const { signal } = this.#life;
    this.#who ??= this.#supervisor.insist("info", (client) => client.info(signal), signal);
    const done = this.#who.then(act).catch((error: unknown) => {
      if (!signal.aborted) this.#services.log.error(`${what} ended by an error of Rack Power's own`, error);
    });
    this.#waiting.push(done);
  }

  async #await(): Promise<void> {
    const { signal } = this.#life;
    try {
      await this.#supervisor.insist("options", (client) => client.options(signal), signal);
      this.#services.again();
    } catch (error) {
      if (!signal.aborted) this.#services.log.error("asking for the options ended by an error of Rack Power's own", error);
    } finally {
      this.#catchUp = undefined;
    }
  }

  async #readFile(): Promise<void> {
    const path = join(this.#services.addon.data, "options.json");
    let data: unknown;
    try {
      data = JSON.parse((await readTextIfThere(path)) ?? "") as unknown;
    } catch (error) {
      this.#services.log.debug(`${path} cannot be read`, error);
    }
    this.#take(data);
  }

  #take(data: unknown): void {
    const before = this.#found.problems.map(formatOptionProblem);
    this.#found = readOptions(data);
    const { log } = this.#services;
    for (const secret of this.options.secrets) log.hide(secret);
    for (const line of this.#found.problems.map(formatOptionProblem)) if (!before.includes(line)) log.error(line);
  }
}
