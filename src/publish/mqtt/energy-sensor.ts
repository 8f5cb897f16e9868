import type { DeviceId, PartId } from "#domain/device.ts";
import type { DeviceState } from "#store/read.ts";
import { componentKey } from "./component.ts";
import { identifier } from "./topic.ts";

/** An energy sensor of ours by its unique id, with that of the power beside it and of the sensor that counts the same energy further upstream. */
export interface EnergySensor {
  readonly energy: string;
  readonly power?: string;
  readonly within?: string;
}

/** Parts that carry all that the other parts of their device carry; the first kind that a device has is its total. */
const totals = ["inlet", "input", "output", "meter"] as const;

const uniqueId = (device: DeviceId, part: PartId, point: "meter.energy" | "meter.power"): string => `${identifier(device)}_${componentKey(part, point)}`;
const kindOf = (part: PartId): string => part.split("/")[0] ?? part;

const counts = (device: DeviceState | undefined, part: PartId): boolean => device?.parts.get(part)?.description.points.includes("meter.energy") ?? false;

/** The part that counts the whole device; undefined when there is none, or several inlets of which none counts all. */
const totalOf = (device: DeviceState | undefined): PartId | undefined => {
  const parts = [...(device?.parts.keys() ?? [])].filter((part) => counts(device, part));
  const [total, ...others] = totals.map((kind) => parts.filter((part) => kindOf(part) === kind)).find((found) => found.length > 0) ?? [];
  return others.length === 0 ? total : undefined;
};

/** All energy sensors of these devices: an outlet is within its PDU's total, and a device within the outlet that feeds it, so that nothing counts twice. */
export const energySensors = (devices: readonly DeviceState[]): readonly EnergySensor[] => {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const upstream = ({ settings }: DeviceState): string | undefined => {
    // Two feeds share the energy in a way that nobody knows.
    const [feed, second] = settings.fedBy;
    const feeder = feed && !second ? byId.get(feed.device) : undefined;
    if (feed === undefined || feeder === undefined) return undefined;
    const part = counts(feeder, feed.part) ? feed.part : totalOf(feeder);
    return part === undefined ? undefined : uniqueId(feeder.id, part, "meter.energy");
  };
  return devices.flatMap((device) => {
    const total = totalOf(device);
    return [...device.parts.values()].flatMap(({ id: part, description }) => {
      if (!description.points.includes("meter.energy")) return [];
      const within = part === total || total === undefined ? upstream(device) : uniqueId(device.id, total, "meter.energy");
      return {
        energy: uniqueId(device.id, part, "meter.energy"),
        ...(description.points.includes("meter.power") && { power: uniqueId(device.id, part, "meter.power") }),
        ...(within !== undefined && { within }),
      };
    });
  });
};
