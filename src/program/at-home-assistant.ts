import { addToEnergyDashboard, energyAdditions, type DeviceConsumption } from "#homeassistant/energy-dashboard.ts";
import { orphans, removeOrphans } from "#homeassistant/orphan.ts";
import { ownEntities } from "#homeassistant/own-entity.ts";
import { energySensors } from "#publish/mqtt/energy-sensor.ts";
import { identifier } from "#publish/mqtt/topic.ts";
import type { AtHomeAssistant, EnergyCounter, Orphan, PublishedEntities } from "#publish/rest/option.ts";
import { deviceName, type DeviceState } from "#store/read.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";

export interface HomeServices {
  devices(): readonly DeviceState[];
  /** Undefined without MQTT. */
  published(): PublishedEntities | undefined;
}

/** Each question to Core has a time of its own. */
const never = new AbortController().signal;

/** What the program can do at Home Assistant besides MQTT, for whoever has a person's consent. */
export const atHomeAssistant = (core: Pick<CoreConnection, "call">, { devices, published }: HomeServices): AtHomeAssistant => {
  const sensors = (): ReturnType<typeof energySensors> => energySensors(devices());
  /** As Home Assistant shows them: the device, then the entity. */
  const named = async (lines: readonly DeviceConsumption[]): Promise<readonly EnergyCounter[]> => {
    if (lines.length === 0) return [];
    const owners = new Map(devices().flatMap((device) => energySensors([device]).map(({ energy }) => [energy, deviceName(device)] as const)));
    const entities = new Map((await ownEntities(core, never)).map((one) => [one.entity_id, one]));
    return lines.map(({ stat_consumption: sensor, stat_rate: power, included_in_stat: within }) => {
      const { unique_id: id = "", name, original_name: original } = entities.get(sensor) ?? {};
      const words = [owners.get(id), name ?? original].filter((word) => typeof word === "string");
      return { sensor, name: words.join(" ") || sensor, ...(power !== undefined && { power }), ...(within !== undefined && { within }) };
    });
  };
  /** A device that was never reached has published nothing yet: its entities, known from an installation before, are not left over. */
  const isPending = ({ uniqueId }: Orphan): boolean =>
    devices().some(({ id, description }) => description === undefined && uniqueId.startsWith(`${identifier(id)}_`));
  const leftOver = async (now: PublishedEntities): Promise<readonly Orphan[]> => (await orphans(core, now, never)).filter((one) => !isPending(one));
  return {
    energy: async () => named(await energyAdditions(core, sensors(), never)),
    addEnergy: async (agreed) => named(await addToEnergyDashboard(core, sensors(), agreed, never)),
    orphans: async () => {
      const now = published();
      return now && leftOver(now);
    },
    removeOrphans: async (agreed) => {
      const now = published();
      if (!now) return undefined;
      const left = new Set((await leftOver(now)).map(({ uniqueId }) => uniqueId));
      const chosen = agreed.filter((id) => left.has(id));
      return removeOrphans(core, now, chosen, never);
    },
  };
};
