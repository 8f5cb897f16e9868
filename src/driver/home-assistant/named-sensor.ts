import type { PointName } from "#domain/capability.ts";
import { Fault } from "#domain/fault.ts";
import type { EntityState } from "#transport/homeassistant/core-states.ts";

/** What a sensor is by Core's device class (sensor/const.py, binary_sensor/__init__.py). */
const byClass: Readonly<Record<string, PointName>> = {
  power: "meter.power",
  apparent_power: "meter.apparentPower",
  energy: "meter.energy",
  current: "meter.current",
  voltage: "meter.voltage",
  frequency: "meter.frequency",
  power_factor: "meter.powerFactor",
  temperature: "sensor.temperature",
  humidity: "sensor.humidity",
  moisture: "sensor.humidity",
};
const byBinaryClass: Readonly<Record<string, PointName>> = {
  door: "sensor.contact",
  garage_door: "sensor.contact",
  opening: "sensor.contact",
  window: "sensor.contact",
  moisture: "sensor.leak",
};
/** And by its unit, where it has no class: only units that one quantity alone has. */
const byUnit: Readonly<Record<string, PointName>> = {
  W: "meter.power",
  kW: "meter.power",
  VA: "meter.apparentPower",
  Wh: "meter.energy",
  kWh: "meter.energy",
  A: "meter.current",
  mA: "meter.current",
  V: "meter.voltage",
  mV: "meter.voltage",
  Hz: "meter.frequency",
  "°C": "sensor.temperature",
  "°F": "sensor.temperature",
  rpm: "sensor.fanSpeed",
  RPM: "sensor.fanSpeed",
};

const lookUp = (table: Readonly<Record<string, PointName>>, key: unknown): PointName | undefined =>
  typeof key === "string" && Object.hasOwn(table, key) ? table[key] : undefined;

/** What the sensor measures. Throws `Fault` when that is nothing we know. */
export const pointOf = (entity: string, { attributes }: EntityState): PointName => {
  const { device_class: kind, unit_of_measurement: unit } = attributes;
  const found = entity.startsWith("binary_sensor.") ? lookUp(byBinaryClass, kind) : (lookUp(byClass, kind) ?? lookUp(byUnit, unit));
  if (found) return found;
  const says = [kind, unit].filter((word) => typeof word === "string").join(", ") || "no device class and no unit";
  const known = "power, energy, current, voltage, temperature, humidity, fan speed, opening or moisture";
  throw new Fault("unsupported", `${entity} is no sensor of ${known} to Home Assistant (${says})`);
};
