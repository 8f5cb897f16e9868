import { Fault } from "#domain/fault.ts";
import { deadline } from "#platform/abort.ts";
import type { CoreConnection } from "./core-connection.ts";

/** What Home Assistant shows of an entity now. */
export interface EntityState {
  /** `on`, `41.5`, `unavailable`, … */
  readonly state: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Compressed {
  readonly s?: string;
  readonly a?: Readonly<Record<string, unknown>>;
}
/** An event of `subscribe_entities`: added, changed, removed (Core, websocket_api/messages.py). */
export interface StatesEvent {
  readonly a?: Readonly<Record<string, Compressed>>;
  readonly c?: Readonly<Record<string, { readonly "+"?: Compressed; readonly "-"?: { readonly a?: readonly string[] } }>>;
  readonly r?: readonly string[];
}

/** Takes an event into the map. */
export const applyStates = (states: Map<string, EntityState>, { a: added = {}, c: changed = {}, r: removed = [] }: StatesEvent): void => {
  for (const [id, { s = "unknown", a = {} }] of Object.entries(added)) states.set(id, { state: s, attributes: a });
  for (const id of removed) states.delete(id);
  for (const [id, { "+": more = {}, "-": less = {} }] of Object.entries(changed)) {
    const before = states.get(id);
    if (before === undefined) continue;
    const gone = new Set(less.a);
    const kept = Object.fromEntries(Object.entries(before.attributes).filter(([name]) => !gone.has(name)));
    states.set(id, { state: more.s ?? before.state, attributes: { ...kept, ...more.a } });
  }
};

/** Some entities as they are now, until disposed. An entity that does not exist is not in the map. */
export interface LiveStates extends AsyncDisposable {
  readonly states: ReadonlyMap<string, EntityState>;
}

const firstWithin = 10_000;

/**
 * Follows these entities; resolves when their present states are there. `changed` is called after each change. After a reconnect the map is made
 * anew. Throws `Fault`.
 */
export const watchStates = async (
  core: CoreConnection,
  ids: readonly string[],
  signal: AbortSignal,
  changed: () => void = () => undefined,
): Promise<LiveStates> => {
  const states = new Map<string, EntityState>();
  // Core takes an empty list for all there are.
  if (ids.length === 0) return { states, [Symbol.asyncDispose]: () => Promise.resolve() };
  const first = Promise.withResolvers<void>();
  const limit = deadline(firstWithin, signal);
  const late = (): void => first.reject(new Fault("timeout", "Home Assistant did not tell the states of its entities in time"));
  limit.addEventListener("abort", late, { once: true });
  const listen = (event: unknown): void => {
    applyStates(states, event as StatesEvent);
    first.resolve();
    changed();
  };
  first.promise.catch(() => undefined);
  const subscription = await core.subscribe({ type: "subscribe_entities", entity_ids: ids }, listen, { signal, again: () => states.clear() });
  try {
    await first.promise;
  } catch (error) {
    await subscription[Symbol.asyncDispose]();
    throw error;
  } finally {
    limit.removeEventListener("abort", late);
  }
  return { states, [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose]() };
};
