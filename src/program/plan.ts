import type { AddonOptions } from "#config/addon-options.ts";
import { isQuarantined, type Configuration, type Loaded, type MqttSettings, type RestSettings } from "#config/configuration.ts";
import type { Problem } from "#config/problem.ts";

/** What the configuration file gives: all of it, or what of it is usable. */
export interface FromFile {
  readonly configuration: Configuration;
  /** What is wrong with the file as a whole; empty when at most single devices are wrong, which are quarantined. */
  readonly wrong: readonly Problem[];
  /**
   * False when the section of the broker is wrong, or when nothing is known of the devices: the publisher takes what it does not know for gone and
   * sweeps it from the broker, and Home Assistant would forget every entity because of a misplaced colon.
   */
  readonly mayPublish: boolean;
}

const nothing: Configuration = { data: "data", devices: [], secrets: [] };

export const fromFile = (loaded: Loaded): FromFile => {
  if (loaded.ok) return { configuration: loaded.configuration, wrong: [], mayPublish: true };
  const { problems, usable } = loaded;
  const configuration = usable?.configuration ?? nothing;
  const ofDevices = new Set(configuration.devices.flatMap((entry) => (isQuarantined(entry) ? entry.problems : [])));
  return { configuration, wrong: problems.filter((problem) => !ofDevices.has(problem)), mayPublish: usable !== undefined && !usable.leftOut.includes("mqtt") };
};

/** Where to find the broker that the Supervisor knows, and what else it lacks to be used. */
export type BrokerDefaults = Omit<MqttSettings, "url" | "username" | "password">;

const brokerDefaults = ({ baseTopic = "rack-power", discoveryPrefix = "homeassistant" }: AddonOptions): BrokerDefaults => ({
  baseTopic,
  discoveryPrefix,
  tls: { rejectUnauthorized: true },
});

/** Undefined when file or options name a broker themselves, or none may be used. */
export const soughtBroker = ({ configuration, mayPublish }: FromFile, options: AddonOptions): BrokerDefaults | undefined =>
  mayPublish && configuration.mqtt === undefined && options.broker === undefined ? brokerDefaults(options) : undefined;

/** The add-on's part of what is run. The keys are those of our own: Core's, the command line's. */
export interface AddonPart {
  readonly options: AddonOptions;
  readonly data: string;
  readonly listen: Pick<RestSettings, "host" | "port">;
  readonly keys: RestSettings["keys"];
}

/** What is run: as the file says, and where the Supervisor runs us, as the add-on's options say where the file does not. */
export const combine = ({ configuration, mayPublish }: FromFile, addon: AddonPart | undefined): Configuration => {
  if (!addon) return configuration;
  const { options, data, listen, keys } = addon;
  const { mqtt: fromOwnFile, ...file } = configuration;
  const mqtt = fromOwnFile ?? (typeof options.broker === "object" ? { ...brokerDefaults(options), ...options.broker } : undefined);
  return {
    ...file,
    ...(mqtt && mayPublish && { mqtt }),
    rest: { ...listen, keys: [...(file.rest?.keys ?? []), ...options.keys, ...keys] },
    data,
    log: file.log ?? options.logLevel,
    secrets: [...file.secrets, ...options.secrets],
  };
};
