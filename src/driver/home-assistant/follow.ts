import { Fault } from "#domain/fault.ts";
import type { Context } from "#driver/contract.ts";
import { isOurs, type RegistryEntity } from "#transport/homeassistant/core-registry.ts";

/** An entity of the configuration as Home Assistant calls it now. */
export interface Followed {
  readonly id: string;
  /** Undefined for entities without a unique id: nobody can rename those but in the file they come from. */
  readonly entry: RegistryEntity | undefined;
}

/** Finds entities by what they were when they were first seen, however they are called now. */
export interface Follower {
  /** Throws `Fault` when the entity must not be used. */
  follow(configured: string): Followed;
  /** What was found by itself the last time stays, also when there are more to choose from now. */
  chosen(what: string): string | undefined;
  choose(what: string, entry: RegistryEntity): void;
  /** Keeps what was followed and chosen, and forgets the rest. */
  keep(): void;
}

const cacheKey = "entities";

const remembered = (context: Context): ReadonlyMap<string, string> => {
  const bytes = context.cache.get(cacheKey);
  if (bytes === undefined) return new Map();
  try {
    return new Map(Object.entries(JSON.parse(new TextDecoder().decode(bytes)) as Record<string, string>));
  } catch (error) {
    context.log.debug("what was remembered of the entities cannot be read", error);
    return new Map();
  }
};

/** A name that another entity took over must not switch that one: nobody can know which of them is meant. */
const takenOver = (configured: string, before: RegistryEntity): Fault =>
  new Fault(
    "rejected",
    `${configured} is another entity of Home Assistant now; the one that was configured is called ${before.entity_id}: write that, or rename them back`,
  );

const usable = (entry: RegistryEntity): Followed => {
  if (isOurs(entry)) throw new Fault("rejected", `${entry.entity_id} is an entity of Rack Power itself: it cannot be a device of its own`);
  if (typeof entry.disabled_by === "string") throw new Fault("unsupported", `${entry.entity_id} is disabled in Home Assistant`);
  return { id: entry.entity_id, entry };
};

export const createFollower = (entities: readonly RegistryEntity[], context: Context): Follower => {
  const known = remembered(context);
  const kept = new Map<string, string>();
  const byName = new Map(entities.map((entry) => [entry.entity_id, entry]));
  const byId = new Map(entities.map((entry) => [entry.id, entry]));
  return {
    follow: (configured) => {
      const before = byId.get(known.get(configured) ?? "");
      const now = byName.get(configured);
      if (before !== undefined && now !== undefined && before !== now) throw takenOver(configured, before);
      const entry = before ?? now;
      if (entry === undefined) return { id: configured, entry };
      if (entry.entity_id !== configured) context.log.debug(`${configured} is called ${entry.entity_id} in Home Assistant now`);
      kept.set(configured, entry.id);
      return usable(entry);
    },
    chosen: (what) => known.get(what),
    choose: (what, entry) => void kept.set(what, entry.id),
    keep: () => {
      if (kept.size === known.size && [...kept].every(([name, id]) => known.get(name) === id)) return;
      context.cache.set(cacheKey, new TextEncoder().encode(JSON.stringify(Object.fromEntries(kept))));
    },
  };
};
