import { Fault } from "#domain/fault.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";

/** Of `config/entity_registry/list`. */
export interface RegistryEntity {
  readonly entity_id: string;
  readonly unique_id: string;
  readonly platform: string;
  readonly device_id?: string | null;
  readonly disabled_by?: string | null;
  readonly name?: string | null;
  readonly original_name?: string | null;
}

/** Beginning of all our unique ids, also those of another Rack Power in the same house. */
const ours = /^rack-power[_-]/;

/** Entries of the registry that came from us by MQTT discovery. Throws `Fault`. */
export const ownEntities = async (core: Pick<CoreConnection, "call">, signal: AbortSignal): Promise<readonly RegistryEntity[]> => {
  const list = await core.call({ type: "config/entity_registry/list" }, signal, { within: 30_000 });
  if (!Array.isArray(list)) throw new Fault("malformed", "Home Assistant answered with something that is no list of entities");
  return (list as readonly RegistryEntity[]).filter(({ platform, unique_id: id }) => platform === "mqtt" && typeof id === "string" && ours.test(id));
};
