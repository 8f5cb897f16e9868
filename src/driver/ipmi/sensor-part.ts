import type { PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import type { IpmiOptions } from "./option.ts";
import type { AnalogSensor } from "./sdr-record.ts";

/** A sensor with its place in the description. */
export interface SensorPart {
  readonly id: PartId;
  readonly label: string;
  readonly point: PointName;
  /** From the sensor's own unit to that of the quantity. */
  readonly convert: (value: number) => number;
  readonly sensor: AnalogSensor;
}

const same = (value: number): number => value;
const oneDecimal = (value: number): number => Math.round(value * 10) / 10;

/** Units that we have a quantity for (IPMI 2.0, table 43-15). */
const units: Readonly<Record<number, readonly [PointName, (value: number) => number]>> = {
  1: ["sensor.temperature", same],
  2: ["sensor.temperature", (fahrenheit) => oneDecimal((fahrenheit - 32) / 1.8)],
  3: ["sensor.temperature", (kelvin) => oneDecimal(kelvin - 273.15)],
  4: ["meter.voltage", same],
  5: ["meter.current", same],
  6: ["meter.power", same],
  9: ["meter.apparentPower", same],
  18: ["sensor.fanSpeed", same],
  19: ["meter.frequency", same],
};
export const isWatts = ({ unit }: AnalogSensor): boolean => unit === 6;

/** Sensors that other controllers answer for (owner not 20h) would need their requests passed on. */
const bmcOwner = 0x20;

/** `+3.3V` → `3.3v`, `CPU1 Temp` → `cpu1-temp`. */
export const slug = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "");

const numberOf = ({ lun, number }: AnalogSensor): string => (lun === 0 ? `${number}` : `${lun}.${number}`);

export const isShown = (wanted: IpmiOptions["sensors"], point: PointName, name: string): boolean => {
  if (wanted === undefined) return point !== "meter.voltage" && point !== "meter.frequency";
  if (wanted === "all") return true;
  return wanted.some((one) => one.toLowerCase() === name.toLowerCase() || (slug(one) !== "" && slug(one) === slug(name)));
};

/**
 * The sensors to show, each under an id made of its name. Names that several sensors have get the sensor's number behind them, all
 * of them: so no id depends on the order of the records, or on how many there are.
 */
export const sensorParts = (sensors: readonly AnalogSensor[], wanted: IpmiOptions["sensors"]): readonly SensorPart[] => {
  // Firmware without an end mark may tell a record twice.
  const own = [...new Map(sensors.filter(({ owner }) => owner === bmcOwner).map((sensor) => [numberOf(sensor), sensor])).values()];
  const count = new Map<string, number>();
  for (const { name } of own) count.set(slug(name), (count.get(slug(name)) ?? 0) + 1);
  const found: SensorPart[] = [];
  const taken = new Set<PartId>();
  for (const sensor of own) {
    const [point, convert] = units[sensor.unit] ?? [];
    if (!point || !convert || !isShown(wanted, point, sensor.name)) continue;
    const stem = slug(sensor.name);
    const alone = stem !== "" && count.get(stem) === 1;
    const number = numberOf(sensor);
    let id = `sensor/${alone ? stem : stem === "" ? `n${number}` : `${stem}-n${number}`}`;
    while (taken.has(id)) id += `-n${number}`;
    taken.add(id);
    const label = alone ? sensor.name : `${sensor.name || "Sensor"} (${sensor.entity})`;
    found.push({ id, label, point, convert, sensor });
  }
  return found;
};
