import type { PointName } from "#domain/capability.ts";
import { Fault } from "#domain/fault.ts";
import type { Quantity } from "#domain/quantity.ts";
import { fitsUnit } from "./conversion.ts";
import type { Follower } from "./follow.ts";
import type { States } from "./layout.ts";
import { meterPoints, type MeterOptions } from "./option.ts";
import type { RegistryEntity } from "#transport/homeassistant/core-registry.ts";

type Measure = keyof typeof meterPoints;
const measures = Object.keys(meterPoints) as readonly Measure[];

/** Core's device classes for what we measure (sensor/const.py). */
const classes: Readonly<Record<Measure, string>> = {
  power: "power",
  energy: "energy",
  voltage: "voltage",
  current: "current",
  apparentPower: "apparent_power",
  powerFactor: "power_factor",
  frequency: "frequency",
};

/** Sensors on the same Home Assistant device as the switch, all of them. */
export const siblingsOf = (entry: RegistryEntity | undefined, entities: readonly RegistryEntity[]): readonly RegistryEntity[] =>
  typeof entry?.device_id !== "string"
    ? []
    : entities.filter((one) => one.device_id === entry.device_id && one.entity_id.startsWith("sensor.") && typeof one.disabled_by !== "string");

/** A counter of energy only counts: "energy yesterday" has no such state class. */
const isCounter = (attributes: Readonly<Record<string, unknown>>): boolean => ["total", "total_increasing"].includes(String(attributes["state_class"]));

const measuring = (measure: Measure, siblings: readonly RegistryEntity[], states: States): readonly RegistryEntity[] =>
  siblings.filter(({ entity_id: id }) => {
    const attributes = states.get(id)?.attributes ?? {};
    const fits = attributes["device_class"] === classes[measure] && fitsUnit(measure satisfies Quantity, attributes["unit_of_measurement"]);
    return fits && (measure !== "energy" || isCounter(attributes));
  });

/**
 * The sensors of a switch: those that are named, and for the rest the one sensor on the same device that measures it. Several are an error that
 * names them, since a wrong guess would count somebody else's energy. `owner`: the switch as configured.
 */
export const findMeter = (
  owner: string,
  options: MeterOptions,
  siblings: readonly RegistryEntity[],
  states: States,
  follower: Follower,
): ReadonlyMap<PointName, string> => {
  const sources = new Map<PointName, string>();
  const doubts: string[] = [];
  for (const measure of measures) {
    const given = options[measure];
    if (given === "none") continue;
    if (given !== undefined) {
      sources.set(meterPoints[measure], follower.follow(given).id);
      continue;
    }
    const key = `${owner} ${measure}`;
    const before = siblings.find(({ id }) => id === follower.chosen(key));
    const candidates = before ? [before] : measuring(measure, siblings, states);
    const [found] = candidates;
    if (candidates.length > 1) doubts.push(`${measure} (${candidates.map(({ entity_id: id }) => id).join(", ")})`);
    else if (found) {
      sources.set(meterPoints[measure], found.entity_id);
      follower.choose(key, found);
    }
  }
  if (doubts.length === 0) return sources;
  throw new Fault(
    "rejected",
    `The device of ${owner} has several sensors of ${doubts.join(", of ")}: name the right one, such as power: sensor.…, or write none`,
  );
};
