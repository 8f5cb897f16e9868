import { Fault } from "#domain/fault.ts";
import type { CoreConnection } from "./core-connection.ts";

/** Of `config/entity_registry/list`. `id` is for ever; a person may change `entity_id`. */
export interface RegistryEntity {
  readonly id: string;
  readonly entity_id: string;
  readonly unique_id: string;
  readonly platform: string;
  readonly device_id?: string | null;
  readonly disabled_by?: string | null;
  readonly name?: string | null;
  readonly original_name?: string | null;
}

/** Of `config/device_registry/list`. */
export interface RegistryDevice {
  readonly id: string;
  readonly manufacturer?: string | null;
  readonly model?: string | null;
  readonly serial_number?: string | null;
  readonly sw_version?: string | null;
}

interface Lists {
  readonly "config/entity_registry/list": RegistryEntity;
  readonly "config/device_registry/list": RegistryDevice;
}

/** A whole registry of Core's. Throws `Fault`. */
export const listRegistry = async <T extends keyof Lists>(core: Pick<CoreConnection, "call">, type: T, signal?: AbortSignal): Promise<readonly Lists[T][]> => {
  const answer = await core.call({ type }, signal, { within: 30_000 });
  if (!Array.isArray(answer)) throw new Fault("malformed", `Home Assistant answered ${type} with something that is no list`);
  return answer as readonly Lists[T][];
};

/** Beginning of all unique ids that we publish by MQTT discovery, also those of another Rack Power in the same house. */
const ours = /^rack-power[_-]/;

/** An entity that came from us by MQTT discovery. */
export const isOurs = ({ platform, unique_id: uniqueId }: RegistryEntity): boolean =>
  platform === "mqtt" && typeof uniqueId === "string" && ours.test(uniqueId);
