import { Fault } from "#domain/fault.ts";
import { abortable } from "#platform/abort.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";

/** Of `config/entity_registry/list`. `id` is for ever; a person may change `entity_id`. */
export interface RegistryEntity {
  readonly id: string;
  readonly entity_id: string;
  readonly unique_id: string;
  readonly platform: string;
  readonly device_id?: string | null;
  readonly disabled_by?: string | null;
}

/** Of `config/device_registry/list`. */
export interface RegistryDevice {
  readonly id: string;
  readonly manufacturer?: string | null;
  readonly model?: string | null;
  readonly serial_number?: string | null;
  readonly sw_version?: string | null;
}

export interface Registry {
  readonly entities: readonly RegistryEntity[];
  readonly devices: readonly RegistryDevice[];
}

type Reader = (core: CoreConnection, signal: AbortSignal) => Promise<Registry>;

const list = async <T>(core: CoreConnection, type: string): Promise<readonly T[]> => {
  const answer = await core.call({ type }, undefined, { within: 30_000 });
  if (!Array.isArray(answer)) throw new Fault("malformed", `Home Assistant answered ${type} with something that is no list`);
  return answer as readonly T[];
};

/**
 * Reads the registries. They hold everything in a house, and after a restart of Core all devices want them in the same moment: whoever asks while
 * they are under way shares them.
 */
export const createRegistryReader = (): ((key: string) => Reader) => {
  const underWay = new Map<string, Promise<Registry>>();
  return (key) => (core, signal) => {
    const shared =
      underWay.get(key) ??
      Promise.all([list<RegistryEntity>(core, "config/entity_registry/list"), list<RegistryDevice>(core, "config/device_registry/list")])
        .then(([entities, devices]) => ({ entities, devices }))
        .finally(() => underWay.delete(key));
    underWay.set(key, shared);
    return abortable(shared, signal);
  };
};

/** Beginning of all unique ids that we publish by MQTT discovery, and of those of the program itself. */
const ours = /^rack-power[_-]/;

/** An entity of our own: it would answer with what we tell it. */
export const isOurs = ({ platform, unique_id: uniqueId }: RegistryEntity): boolean => platform === "mqtt" && ours.test(uniqueId);
