import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import {
  callService,
  createConnection,
  createLongLivedTokenAuth,
  subscribeEntities,
  type Connection,
  type HassEntities,
  type HassEntity,
} from "home-assistant-js-websocket";

import type { Peer } from "./debian-peer.ts";
import { freePort } from "./port.ts";
import { startProcess, type RunningProcess } from "./process.ts";
import { until } from "./until.ts";

export interface HomeAssistantOptions {
  readonly broker: { readonly port: number; readonly username?: string; readonly password?: string };
  /** Further lines of configuration.yaml. */
  readonly more?: string;
  /** Folders of custom integrations; each is copied under its own name. */
  readonly integrations?: readonly string[];
  /** For a browser: as after the questions of the first start, without whose answers Core shows nothing else. */
  readonly welcomed?: boolean;
}

/** A line of `system_log/list`; see Core's components/system_log. */
export interface LogEntry {
  readonly level: string;
  readonly name: string;
  readonly message: readonly string[];
  readonly exception: string;
  /** File and line that wrote it. */
  readonly source: readonly [string, number];
  readonly count: number;
}

/** Of `config/entity_registry/list`, what tests look at. */
export interface RegistryEntity {
  readonly entity_id: string;
  readonly unique_id: string;
  readonly device_id: string | null;
  readonly platform: string;
  readonly name: string | null;
  readonly original_name: string | null;
  readonly disabled_by: string | null;
  readonly entity_category: string | null;
  readonly id: string;
}

/** Of `config/device_registry/list`. */
export interface RegistryDevice {
  readonly id: string;
  readonly name: string | null;
  readonly name_by_user: string | null;
  readonly identifiers: readonly (readonly [string, string])[];
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly via_device_id: string | null;
  readonly configuration_url: string | null;
}

export interface StatisticsRow {
  readonly start: number;
  readonly state?: number | null;
  readonly sum?: number | null;
  readonly mean?: number | null;
}

export interface HomeAssistant extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** The live websocket; another one after `restart`. */
  readonly connection: Connection;
  /** All entities as they are now, kept up to date by the connection. */
  states(): HassEntities;
  /** Waits until the entity is there and, with `state`, is in it. */
  entity(id: string, state?: string, ms?: number): Promise<HassEntity>;
  /** Any websocket command. */
  send<T>(message: { readonly type: string; readonly [key: string]: unknown }): Promise<T>;
  entities(): Promise<readonly RegistryEntity[]>;
  devices(): Promise<readonly RegistryDevice[]>;
  callService(domain: string, service: string, data?: object, target?: { readonly entity_id: string | string[] }): Promise<unknown>;
  /** Warnings and errors since the start, without the ones that Core causes in itself. Clean is an empty list. */
  systemLog(): Promise<readonly LogEntry[]>;
  /** The rows of these entities of the last hour, after the statistics of the running five minutes were compiled; Core does that once for each five minutes. */
  statistics(...ids: readonly string[]): Promise<Readonly<Record<string, readonly StatisticsRow[]>>>;
  /** Ends Core and starts it again on the same folder and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** What Core wrote to its console. */
  output(): string;
}

/** Core without its optional packages complains of itself; nothing else is forgiven. Logger and the beginning of the message. */
const coresOwn: readonly (readonly [string, RegExp])[] = [
  ["homeassistant.loader", /^We found a custom integration (statistics_now|rack_power|told_by_supervisor) /],
  ["homeassistant.bootstrap", /^Skipping pip installation of required modules/],
  ["homeassistant.setup", /^Setup failed for 'assist_(pipeline|satellite)'/],
  ["homeassistant.setup", /^Unable to set up dependencies of 'assist_satellite'/],
  ["homeassistant.components.camera.img_util", /^Error loading libturbojpeg/],
  ["haffmpeg.tools", /^Error starting FFmpeg/],
  ["haffmpeg.core", /^FFmpeg fails/],
];

const configuration = `homeassistant:
  name: Rack
  unit_system: metric
recorder:
  commit_interval: 0
history:
energy:
statistics_now:
logger:
  default: warning
system_log:
  max_entries: 500
`;

const post = async <T>(base: string, path: string, body: object, options: { readonly token?: string; readonly form?: boolean } = {}): Promise<T> => {
  const answer = await fetch(base + path, {
    method: "POST",
    headers: {
      "content-type": options.form ? "application/x-www-form-urlencoded" : "application/json",
      ...(options.token && { authorization: `Bearer ${options.token}` }),
    },
    body: options.form ? new URLSearchParams(body as Record<string, string>) : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
};

/** The first person and a token that outlives a restart. */
const onboard = async (base: string): Promise<string> => {
  const client = `${base}/`;
  const person = { client_id: client, name: "Rack", username: "rack", password: "rack-power", language: "en" };
  const { auth_code: code } = await post<{ auth_code: string }>(base, "/api/onboarding/users", person);
  const { access_token: token } = await post<{ access_token: string }>(
    base,
    "/auth/token",
    { grant_type: "authorization_code", code, client_id: client },
    { form: true },
  );
  const connection = await createConnection({ auth: createLongLivedTokenAuth(base, token) });
  try {
    return await connection.sendMessagePromise<string>({ type: "auth/long_lived_access_token", client_name: "test", lifespan: 365 });
  } finally {
    connection.close();
  }
};

/** Core's own MQTT integration, by the same forms a person fills in; `other_settings` is required since 2026.8. */
const join5 = async (base: string, token: string, broker: HomeAssistantOptions["broker"]): Promise<void> => {
  const flow = await post<{ flow_id: string }>(base, "/api/config/config_entries/flow", { handler: "mqtt" }, { token });
  const other = { set_client_cert: false, set_ca_cert: "off", transport: "tcp" };
  const made = await post<{ type: string }>(
    base,
    `/api/config/config_entries/flow/${flow.flow_id}`,
    { broker: "127.0.0.1", protocol: "5", ...broker, other_settings: other },
    { token },
  );
  if (made.type !== "create_entry") throw new Error(`Home Assistant did not join the broker: ${JSON.stringify(made)}`);
};

/** Folder of Python modules that Core imports and nobody here needs. */
const standIns = "stand-in";

class Core implements HomeAssistant {
  readonly #peer: Peer;
  readonly #folder: string;
  readonly #port: number;
  #process: RunningProcess | undefined;
  #log = "";
  #states: HassEntities = {};
  #connection: Connection | undefined;
  token = "";

  constructor(peer: Peer, folder: string, port: number) {
    this.#peer = peer;
    this.#folder = folder;
    this.#port = port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  get connection(): Connection {
    if (this.#connection === undefined) throw new Error("Home Assistant is stopped");
    return this.#connection;
  }
  output(): string {
    return this.#log + (this.#process?.output() ?? "");
  }
  /** Starts the program and waits for its API; the websocket needs a token first. */
  async boot(): Promise<void> {
    const answers = async (): Promise<boolean> => (await fetch(`${this.url}/api/onboarding`)).ok;
    const env = { ...this.#peer.env, SETUP_PORT: String(this.#port), PYTHONPATH: join(this.#folder, standIns), LD_LIBRARY_PATH: undefined };
    const args = ["-c", this.#folder, "--skip-pip", "--log-no-color"];
    this.#process = await startProcess(this.#peer.bin("hass"), args, { env, ready: answers, within: 120_000 });
  }
  async connect(): Promise<void> {
    this.#connection = await createConnection({ auth: createLongLivedTokenAuth(this.url, this.token), setupRetry: 10 });
    this.#states = {};
    subscribeEntities(this.#connection, (states) => (this.#states = states));
    await until(
      () => this.#connection?.sendMessagePromise<{ state: string }>({ type: "get_config" }).then((config) => config.state === "RUNNING"),
      "Home Assistant is running",
      60_000,
    );
  }
  async start(): Promise<void> {
    await this.boot();
    await this.connect();
  }
  async stop(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    await process.end(60_000);
    this.#log += process.output();
  }
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
  states(): HassEntities {
    return this.#states;
  }
  async entity(id: string, state?: string, ms = 15_000): Promise<HassEntity> {
    const seen = (): HassEntity | false => {
      const entity = this.#states[id];
      return entity !== undefined && (state === undefined || entity.state === state) && entity;
    };
    return await until(seen, `${id} is ${state ?? "there"}`, ms).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${this.#states[id]?.state ?? "not there"}`);
    });
  }
  async send<T>(message: { readonly type: string; readonly [key: string]: unknown }): Promise<T> {
    return await this.connection.sendMessagePromise<T>(message);
  }
  async entities(): Promise<readonly RegistryEntity[]> {
    return await this.send({ type: "config/entity_registry/list" });
  }
  async devices(): Promise<readonly RegistryDevice[]> {
    return await this.send({ type: "config/device_registry/list" });
  }
  async callService(domain: string, service: string, data: object = {}, target?: { readonly entity_id: string | string[] }): Promise<unknown> {
    return await callService(this.connection, domain, service, data, target);
  }
  async systemLog(): Promise<readonly LogEntry[]> {
    const entries = await this.send<readonly LogEntry[]>({ type: "system_log/list" });
    return entries.filter((entry) => !coresOwn.some(([name, message]) => entry.name === name && entry.message.some((line) => message.test(line))));
  }
  async statistics(...ids: readonly string[]): Promise<Readonly<Record<string, readonly StatisticsRow[]>>> {
    await this.callService("statistics_now", "compile");
    const start = new Date(Date.now() - 3600_000).toISOString();
    return await this.send({
      type: "recorder/statistics_during_period",
      start_time: start,
      statistic_ids: ids,
      period: "5minute",
      types: ["state", "sum", "mean"],
    });
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Core's frontend asks for all actions, which cannot be told without what listens to people; there are no wheels of it for this Python. */
const welcome = (folder: string): void => {
  const onboarding = { version: 4, minor_version: 1, key: "onboarding", data: { done: ["core_config", "analytics", "integration"] } };
  mkdirSync(join(folder, ".storage"));
  writeFileSync(join(folder, ".storage/onboarding"), JSON.stringify(onboarding));
  mkdirSync(join(folder, standIns));
  writeFileSync(join(folder, standIns, "pymicro_vad.py"), "class MicroVad: pass\n");
  writeFileSync(join(folder, standIns, "pyspeex_noise.py"), "class AudioProcessor: pass\n");
};

/** A real Home Assistant Core with a person, a token and the broker joined by MQTT 5. Takes about ten seconds. */
export const startHomeAssistant = async (peer: Peer, options: HomeAssistantOptions): Promise<HomeAssistant> => {
  const folder = mkdtempSync(join(tmpdir(), "home-assistant-"));
  writeFileSync(join(folder, "configuration.yaml"), configuration + (options.more ?? ""));
  mkdirSync(join(folder, "custom_components"));
  for (const from of [join(import.meta.dirname, "../homeassistant/statistics_now"), ...(options.integrations ?? [])])
    cpSync(from, join(folder, "custom_components", basename(from)), { recursive: true });
  if (options.welcomed) welcome(folder);
  const core = new Core(peer, folder, await freePort("tcp"));
  try {
    await core.boot();
    core.token = await onboard(core.url);
    await join5(core.url, core.token, options.broker);
    await core.connect();
    return core;
  } catch (error) {
    await core[Symbol.asyncDispose]();
    throw new Error(`Home Assistant did not start:\n${core.output()}`, { cause: error });
  }
};
