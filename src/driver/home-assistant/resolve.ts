import type { PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import type { Follower } from "./follow.ts";
import { findMeter, siblingsOf } from "./found-meter.ts";
import { findUps } from "./found-ups.ts";
import { layoutOf, type Layout, type Part, type States } from "./layout.ts";
import { pointOf } from "./named-sensor.ts";
import { meterPoints, type HomeAssistantOptions, type MeterOptions } from "./option.ts";
import type { RegistryEntity } from "#transport/homeassistant/core-registry.ts";

interface Outlet {
  readonly part: PartId;
  readonly options: MeterOptions & { readonly switch: string };
  readonly labelled: boolean;
}

const outletsOf = ({ outlets = {}, ...options }: HomeAssistantOptions): readonly Outlet[] => [
  ...(options.switch === undefined ? [] : [{ part: "outlet", options: { ...options, switch: options.switch }, labelled: false }]),
  ...Object.entries(outlets).map(([name, one]) => ({ part: `outlet/${name}`, options: one, labelled: true })),
];

const nameOf = (states: States, entity: string): string | undefined => {
  const name = states.get(entity)?.attributes["friendly_name"];
  return typeof name === "string" && name !== "" ? name : undefined;
};

/** Every entity that may be needed, so that all can be asked for in one go. */
export const entitiesFor = (options: HomeAssistantOptions, entities: readonly RegistryEntity[], follower: Follower): readonly string[] => {
  const outlets = outletsOf(options);
  const switches = outlets.map((outlet) => follower.follow(outlet.options.switch));
  const measures = Object.keys(meterPoints) as readonly (keyof typeof meterPoints)[];
  const meters = [options, ...outlets.map((outlet) => outlet.options)].flatMap((meter) => measures.map((measure) => meter[measure] ?? "none"));
  const named = [...meters.filter((one) => one !== "none"), ...Object.values(options.sensors ?? {}).flat()].map((one) => follower.follow(one).id);
  const ofUps = options.ups === undefined ? [] : findUps(options.ups, entities, follower).flatMap(({ sources }) => [...sources.values()]);
  const siblings = switches.flatMap(({ entry }) => siblingsOf(entry, entities).map(({ entity_id: id }) => id));
  return [...new Set([...switches.map(({ id }) => id), ...named, ...ofUps, ...siblings])];
};

const outletPart = ({ part, options, labelled }: Outlet, entities: readonly RegistryEntity[], states: States, follower: Follower): Part => {
  const { id, entry } = follower.follow(options.switch);
  const meter = findMeter(options.switch, options, siblingsOf(entry, entities), states, follower);
  const label = labelled ? nameOf(states, id) : undefined;
  return { id: part, switch: id, sources: new Map([["outlet.on", id], ...meter]), ...(label !== undefined && { label }) };
};

const sensorPart = (name: string, entities: readonly string[], states: States, follower: Follower): Part => {
  const sources = new Map<PointName, string>();
  for (const configured of entities) {
    const { id } = follower.follow(configured);
    const point = pointOf(id, states.get(id) ?? { state: "unavailable", attributes: {} });
    const other = sources.get(point);
    if (other !== undefined) throw new Fault("rejected", `${other} and ${id} are both of ${point}: give each a name of its own under sensors`);
    sources.set(point, id);
  }
  return { id: `sensor/${name}`, sources };
};

/**
 * Parts and points of the configured device, from what Home Assistant has. `states` holds those of `entitiesFor`. Throws `Fault` when an entity is
 * missing, cannot be used, or is one of several that would do.
 */
export const resolve = (options: HomeAssistantOptions, entities: readonly RegistryEntity[], states: States, follower: Follower): Layout => {
  const registered = new Set(entities.map(({ entity_id: id }) => id));
  const missing = entitiesFor(options, entities, follower).find((id) => !states.has(id) && !registered.has(id));
  if (missing !== undefined) throw new Fault("unsupported", `Home Assistant has no entity ${missing}`);
  const outlets = outletsOf(options).map((outlet) => outletPart(outlet, entities, states, follower));
  const alone = options.switch === undefined ? findMeter("meter", options, [], states, follower) : new Map<never, never>();
  const meter: readonly Part[] = alone.size === 0 ? [] : [{ id: "meter", sources: alone }];
  const ups = options.ups === undefined ? [] : findUps(options.ups, entities, follower);
  const sensors = Object.entries(options.sensors ?? {}).map(([name, ids]) => sensorPart(name, ids, states, follower));
  const layout = layoutOf([...ups, ...outlets, ...meter, ...sensors]);
  return layout;
};
