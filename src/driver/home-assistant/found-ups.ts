import type { PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import { upsStatusPoints } from "#domain/ups-status.ts";
import type { Follower } from "./follow.ts";
import type { Part } from "./layout.ts";
import type { HomeAssistantOptions } from "./option.ts";
import type { RegistryEntity } from "#transport/homeassistant/core-registry.ts";

type Target = readonly [part: PartId, point: PointName];

/** By what the unique ids of an integration end in: NUT's variables (Core, components/nut/sensor.py), the better source first. */
const nut: Readonly<Record<string, Target>> = {
  "ups.status": ["ups", "ups.status"],
  "ups.status.display": ["ups", "ups.status"],
  "battery.charge": ["ups", "ups.charge"],
  "battery.runtime": ["ups", "ups.runtime"],
  "ups.load": ["ups", "ups.load"],
  "ups.realpower.nominal": ["ups", "ups.nominalPower"],
  "ups.temperature": ["ups", "sensor.temperature"],
  "output.realpower": ["output", "meter.power"],
  "ups.realpower": ["output", "meter.power"],
  "ups.power": ["output", "meter.apparentPower"],
  "output.voltage": ["output", "meter.voltage"],
  "output.current": ["output", "meter.current"],
  "output.frequency": ["output", "meter.frequency"],
  "input.voltage": ["input", "meter.voltage"],
  "input.frequency": ["input", "meter.frequency"],
  "battery.voltage": ["battery", "meter.voltage"],
};
/** And apcupsd's (components/apcupsd/sensor.py), which has no watts but what the UPS could give. */
const apcupsd: Readonly<Record<string, Target>> = {
  status: ["ups", "ups.status"],
  bcharge: ["ups", "ups.charge"],
  timeleft: ["ups", "ups.runtime"],
  loadpct: ["ups", "ups.load"],
  nompower: ["ups", "ups.nominalPower"],
  itemp: ["ups", "sensor.temperature"],
  outputv: ["output", "meter.voltage"],
  outcurnt: ["output", "meter.current"],
  linev: ["input", "meter.voltage"],
  linefreq: ["input", "meter.frequency"],
  battv: ["battery", "meter.voltage"],
};
const integrations: Readonly<Record<string, Readonly<Record<string, Target>>>> = { nut, apcupsd };

const named: Readonly<Record<string, Target>> = {
  status: ["ups", "ups.status"],
  charge: ["ups", "ups.charge"],
  runtime: ["ups", "ups.runtime"],
  load: ["ups", "ups.load"],
  power: ["output", "meter.power"],
  inputVoltage: ["input", "meter.voltage"],
  outputVoltage: ["output", "meter.voltage"],
};

const partsOf = (found: readonly (readonly [Target, string])[]): readonly Part[] =>
  found.map(([[id, point], entity]) => ({ id, sources: new Map((point === "ups.status" ? upsStatusPoints : [point]).map((one) => [one, entity])) }));

/** The UPS's own entities, in the order of the table. */
const onDevice = (device: string, entities: readonly RegistryEntity[]): readonly (readonly [Target, string])[] => {
  const own = entities.filter((entry) => entry.device_id === device && typeof entry.disabled_by !== "string");
  return Object.entries(integrations).flatMap(([platform, table]) =>
    Object.entries(table).flatMap(([key, target]) =>
      own
        .filter((entry) => entry.platform === platform && entry.entity_id.startsWith("sensor.") && entry.unique_id.endsWith(`_${key}`))
        .map((entry) => [target, entry.entity_id] as const),
    ),
  );
};

/** The parts of a UPS of another integration. Throws `Fault` when nothing says its status: then it is no UPS that we know. */
export const findUps = (ups: NonNullable<HomeAssistantOptions["ups"]>, entities: readonly RegistryEntity[], follower: Follower): readonly Part[] => {
  if (typeof ups !== "string") {
    const given = Object.entries(named).flatMap(([name, target]) => {
      const entity = ups[name as keyof typeof ups];
      return entity === undefined ? [] : [[target, follower.follow(entity).id] as const];
    });
    return partsOf(given);
  }
  const device = ups.includes(".") ? follower.follow(ups).entry?.device_id : ups;
  const found = typeof device === "string" ? onDevice(device, entities) : [];
  if (found.some(([[, point]]) => point === "ups.status")) return partsOf(found);
  throw new Fault("unsupported", `${ups} belongs to no UPS of NUT or APC UPS Daemon with a status: name its sensors, such as ups: { status: sensor.… }`);
};
