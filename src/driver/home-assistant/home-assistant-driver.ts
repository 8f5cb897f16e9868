import { Fault } from "#domain/fault.ts";
import type { Context, Driver, Session } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import { openCore, type CoreAddress, type CoreConnection } from "#transport/homeassistant/core-connection.ts";
import { watchStates } from "#transport/homeassistant/core-states.ts";
import { createFollower } from "./follow.ts";
import { entitiesOf, type Layout } from "./layout.ts";
import { homeAssistantOptions, type HomeAssistantOptions } from "./option.ts";
import { createRegistryReader, type Registry } from "./registry.ts";
import type { RegistryDevice } from "#transport/homeassistant/core-registry.ts";
import { entitiesFor, resolve } from "./resolve.ts";
import { checkUnits, createSession, needPresent, type Live } from "./session.ts";
import { createBell, watchChanges } from "./watch.ts";

/** While Core starts, entities are missing that are there a moment later. */
const needRunning = async (core: CoreConnection, signal: AbortSignal): Promise<void> => {
  const { state } = (await core.call({ type: "get_config" }, signal)) as { readonly state?: string };
  if (state !== "RUNNING") throw new Fault("unreachable", "Home Assistant is still starting, or about to stop");
};

/** The device of all these entities, if it is one. */
const deviceOf = ({ entities, devices }: Registry, layout: Layout): RegistryDevice | undefined => {
  const used = entitiesOf(layout);
  const ids = new Set(entities.filter(({ entity_id: id }) => used.has(id)).map(({ device_id: id }) => id));
  return ids.size === 1 ? devices.find(({ id }) => ids.has(id)) : undefined;
};

interface Update {
  readonly action?: string;
  readonly entity_id?: string;
  readonly old_entity_id?: string;
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** What a change in the entity registry means for a device of these entities: nothing, or that it has to be looked at anew. */
const meaning = ({ action, entity_id: id = "", old_entity_id: old, changes = {} }: Update, entities: ReadonlySet<string>): Fault | undefined => {
  if (old !== undefined && entities.has(old)) return new Fault("unreachable", `${old} is called ${id} in Home Assistant from now on`);
  if (!entities.has(id)) return undefined;
  if (action === "remove") return new Fault("unreachable", `${id} was removed from Home Assistant`);
  return "disabled_by" in changes || "device_id" in changes ? new Fault("unreachable", `${id} was changed in Home Assistant`) : undefined;
};

const open = async (
  core: CoreConnection,
  options: HomeAssistantOptions,
  context: Context,
  read: (signal: AbortSignal) => Promise<Registry>,
  signal: AbortSignal,
): Promise<Session> => {
  await using opened = new AsyncDisposableStack();
  opened.use(core);
  await core.connected(signal);
  let lost: Fault | undefined;
  let watched: ReadonlySet<string> = new Set();
  const bell = createBell();
  const lose = (fault: Fault | undefined): void => {
    lost ??= fault;
    if (fault) bell.ring();
  };
  opened.use(core.onState((state) => lose(new Fault("unreachable", ("detail" in state && state.detail) || "The connection to Home Assistant was lost"))));
  const heard = (event: unknown): void => lose(meaning((event as { readonly data?: Update }).data ?? {}, watched));
  opened.use(await core.subscribe({ type: "subscribe_events", event_type: "entity_registry_updated" }, heard, { signal }));
  await needRunning(core, signal);
  const registry = await read(signal);
  const follower = createFollower(registry.entities, context);
  const candidates = entitiesFor(options, registry.entities, follower);
  watched = new Set(candidates);
  const { states } = opened.use(await watchStates(core, candidates, signal, () => bell.ring()));
  const layout = resolve(options, registry.entities, states, follower);
  checkUnits({ layout, states });
  needPresent({ layout, states });
  follower.keep();
  watched = entitiesOf(layout);
  const held = opened.move();
  const live: Live = { core, layout, states, device: deviceOf(registry, layout), lost: () => lost };
  return createSession(
    live,
    (limit) => watchChanges(live, bell, limit),
    () => held.disposeAsync(),
  );
};

/**
 * Entities of Home Assistant as devices of ours: a switch is an outlet, sensors are a meter, a UPS of another integration is a ups. All of one Home
 * Assistant share one websocket. `supervised`: the way to Core that the Supervisor gives an add-on.
 */
export const createHomeAssistantDriver = (clock: Clock, supervised?: CoreAddress): Driver<HomeAssistantOptions> => {
  const readerFor = createRegistryReader();
  const addressOf = ({ url, token }: HomeAssistantOptions): CoreAddress => {
    if (url !== undefined && token !== undefined) return { url, token };
    if (supervised) return supervised;
    throw new Fault("denied", "Home Assistant's address and token are not known");
  };
  const keyOf = (options: HomeAssistantOptions): string => (options.url ?? supervised?.url ?? "").replace(/\/+$/, "").toLowerCase();
  return {
    name: "home-assistant",
    options: homeAssistantOptions(supervised !== undefined),
    endpoint: keyOf,
    // Everything goes over one websocket, which answers in any order.
    parallel: 512,
    open: async (options, context, signal) => {
      signal.throwIfAborted();
      const core = openCore({ ...addressOf(options), clock, log: context.log });
      const read = readerFor(`${keyOf(options)}\n${options.token?.reveal() ?? ""}`);
      return await open(core, options, context, (limit) => read(core, limit), signal);
    },
  };
};
