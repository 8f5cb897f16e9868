import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";
import { isOurs, listRegistry, type RegistryEntity } from "#transport/homeassistant/core-registry.ts";

/** Entries of the registry that came from us by MQTT discovery. Throws `Fault`. */
export const ownEntities = async (core: Pick<CoreConnection, "call">, signal: AbortSignal): Promise<readonly RegistryEntity[]> =>
  (await listRegistry(core, "config/entity_registry/list", signal)).filter(isOurs);
