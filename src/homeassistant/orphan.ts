import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";
import { ownEntities } from "./own-entity.ts";
import type { RegistryEntity } from "#transport/homeassistant/core-registry.ts";

type Core = Pick<CoreConnection, "call">;

/** What the MQTT publisher has at the broker now. */
interface Published {
  readonly deviceIdentifiers: readonly string[];
  readonly uniqueIds: readonly string[];
}

export interface Orphan {
  readonly entityId: string;
  readonly uniqueId: string;
  readonly name: string;
}

interface State {
  readonly entity_id: string;
  readonly attributes?: { readonly restored?: unknown };
}

interface Device {
  readonly id: string;
  readonly identifiers?: readonly (readonly [domain: string, id: string])[];
}

/**
 * Entries that once came from us and that nobody gives Home Assistant any more. Another Rack Power in the same house has the same kind of ids, so an
 * entity that lives is none: Core marks those it only remembers as restored (helpers/entity_registry.py). Disabled entities have no state; they
 * count when no entity of their device lives, or when the device is one that we publish.
 */
const find = async (core: Core, { deviceIdentifiers, uniqueIds }: Published, signal: AbortSignal): Promise<readonly RegistryEntity[]> => {
  const states = (await core.call({ type: "get_states" }, signal, { within: 30_000 })) as readonly State[];
  const devices = (await core.call({ type: "config/device_registry/list" }, signal, { within: 30_000 })) as readonly Device[];
  const entities = await ownEntities(core, signal);
  const alive = new Set(states.filter(({ attributes }) => attributes?.restored !== true).map(({ entity_id: id }) => id));
  const livingDevices = new Set(entities.filter(({ entity_id: id }) => alive.has(id)).map(({ device_id: id }) => id));
  const published = new Set(uniqueIds);
  const mine = new Set(devices.filter(({ identifiers }) => identifiers?.some(([, id]) => deviceIdentifiers.includes(id))).map(({ id }) => id));
  return entities.filter((entity) => {
    if (published.has(entity.unique_id) || alive.has(entity.entity_id)) return false;
    return typeof entity.disabled_by !== "string" || mine.has(entity.device_id ?? "") || !livingDevices.has(entity.device_id);
  });
};

const orphan = ({ entity_id: entityId, unique_id: uniqueId, name, original_name: original }: RegistryEntity): Orphan => ({
  entityId,
  uniqueId,
  name: name ?? original ?? entityId,
});

/** Entities of ours that are left over: for a person to say yes to. Throws `Fault`. */
export const orphans = async (core: Core, published: Published, signal: AbortSignal): Promise<readonly Orphan[]> =>
  (await find(core, published, signal)).map(orphan);

/** Removes those of `agreed` (unique ids) that are orphans still. Gives what was removed. Throws `Fault`; what was removed until then stays removed. */
export const removeOrphans = async (core: Core, published: Published, agreed: readonly string[], signal: AbortSignal): Promise<readonly Orphan[]> => {
  const chosen = (await find(core, published, signal)).filter(({ unique_id: id }) => agreed.includes(id));
  for (const { entity_id: id } of chosen) await core.call({ type: "config/entity_registry/remove", entity_id: id }, signal);
  return chosen.map(orphan);
};
