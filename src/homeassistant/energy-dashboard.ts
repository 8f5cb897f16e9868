import { Fault, isFault } from "#domain/fault.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";
import { ownEntities } from "./own-entity.ts";

type Core = Pick<CoreConnection, "call">;

/** By unique id; see the MQTT publisher's `energySensors`. */
interface EnergySensor {
  readonly energy: string;
  readonly power?: string;
  readonly within?: string;
}

/** One line of the dashboard's "Individual devices" (Core, energy/data.py, DeviceConsumption). Statistics of an entity are named after it. */
export interface DeviceConsumption {
  readonly stat_consumption: string;
  readonly stat_rate?: string;
  readonly included_in_stat?: string;
}

/** What stands there and is not ours is carried along as it is, whatever fields a newer Core gives it. */
const consumptions = async (core: Core, signal: AbortSignal): Promise<readonly DeviceConsumption[]> => {
  try {
    const prefs = (await core.call({ type: "energy/get_prefs" }, signal)) as { readonly device_consumption?: unknown };
    const list = prefs.device_consumption ?? [];
    if (!Array.isArray(list)) throw new Fault("malformed", "Home Assistant answered with something that is no energy dashboard");
    return list as readonly DeviceConsumption[];
  } catch (error) {
    // Nobody has set the dashboard up yet.
    if (isFault(error, "rejected") && /not_found|no prefs/i.test(`${error.message} ${String((error.cause as { code?: unknown } | undefined)?.code)}`))
      return [];
    throw error;
  }
};

const missing = async (core: Core, sensors: readonly EnergySensor[], there: readonly DeviceConsumption[], signal: AbortSignal) => {
  const own = await ownEntities(core, signal);
  const entityOf = new Map(own.flatMap((one) => (typeof one.disabled_by === "string" ? [] : [[one.unique_id, one.entity_id] as const])));
  const known = new Set(there.map(({ stat_consumption: id }) => id));
  const within = new Map(sensors.map((sensor) => [sensor.energy, sensor.within]));
  /** The next sensor upstream that Home Assistant has: one that is disabled is passed over. */
  const total = (sensor: EnergySensor): string | undefined => {
    const seen = new Set([sensor.energy]);
    for (let next = sensor.within; next !== undefined && !seen.has(next); next = within.get(next)) {
      const entity = entityOf.get(next);
      if (entity !== undefined) return entity;
      seen.add(next);
    }
    return undefined;
  };
  return sensors.flatMap((sensor): readonly DeviceConsumption[] => {
    const energy = entityOf.get(sensor.energy);
    if (energy === undefined || known.has(energy)) return [];
    const rate = entityOf.get(sensor.power ?? "");
    const parent = total(sensor);
    return [{ stat_consumption: energy, ...(rate !== undefined && { stat_rate: rate }), ...(parent !== undefined && { included_in_stat: parent }) }];
  });
};

/** What `addToEnergyDashboard` would add: for a person to say yes to. Throws `Fault`. */
export const energyAdditions = async (core: Core, sensors: readonly EnergySensor[], signal: AbortSignal): Promise<readonly DeviceConsumption[]> =>
  missing(core, sensors, await consumptions(core, signal), signal);

/**
 * Adds those of `agreed` (ids of energy entities) that are not on the dashboard, and keeps everything that is there; a second time changes nothing.
 * Gives what was added. Throws `Fault`; denied when the token is no administrator's.
 */
export const addToEnergyDashboard = async (
  core: Core,
  sensors: readonly EnergySensor[],
  agreed: readonly string[],
  signal: AbortSignal,
): Promise<readonly DeviceConsumption[]> => {
  const there = await consumptions(core, signal);
  const added = (await missing(core, sensors, there, signal)).filter(({ stat_consumption: id }) => agreed.includes(id));
  if (added.length === 0) return [];
  const listed = new Set([...there, ...added].map(({ stat_consumption: id }) => id));
  // A total that nobody agreed to is not there to be included in.
  const whole = added.map(({ included_in_stat: total, ...one }) => ({ ...one, ...(total !== undefined && listed.has(total) && { included_in_stat: total }) }));
  await core.call({ type: "energy/save_prefs", device_consumption: [...there, ...whole] }, signal);
  return whole;
};
