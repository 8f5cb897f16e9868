import { abortable } from "#platform/abort.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";
import { listRegistry, type RegistryDevice, type RegistryEntity } from "#transport/homeassistant/core-registry.ts";

export interface Registry {
  readonly entities: readonly RegistryEntity[];
  readonly devices: readonly RegistryDevice[];
}

type Reader = (core: CoreConnection, signal: AbortSignal) => Promise<Registry>;

/**
 * Reads the registries. They hold everything in a house, and after a restart of Core all devices want them in the same moment: whoever asks while
 * they are under way shares them.
 */
export const createRegistryReader = (): ((key: string) => Reader) => {
  const underWay = new Map<string, Promise<Registry>>();
  return (key) => (core, signal) => {
    const shared =
      underWay.get(key) ??
      Promise.all([listRegistry(core, "config/entity_registry/list"), listRegistry(core, "config/device_registry/list")])
        .then(([entities, devices]) => ({ entities, devices }))
        .finally(() => underWay.delete(key));
    underWay.set(key, shared);
    return abortable(shared, signal);
  };
};
