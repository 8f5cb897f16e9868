import type { PointName, ValueOf } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { goodValue, type DeviceState, type PartState } from "#store/read.ts";

/** What of a UPS's state the vendor's program has a line for, each where it is known: V, W, VA, Hz, %, s. */
export interface Measures {
  readonly state: Exclude<ValueOf<"ups.state">, "unknown">;
  readonly onBattery: boolean | undefined;
  readonly boost: boolean | undefined;
  readonly trim: boolean | undefined;
  readonly testing: boolean | undefined;
  readonly charge: number | undefined;
  readonly runtime: number | undefined;
  readonly load: number | undefined;
  readonly power: number | undefined;
  readonly nominalPower: number | undefined;
  readonly nominalApparentPower: number | undefined;
  readonly nominalVoltage: number | undefined;
  readonly inputVoltage: number | undefined;
  readonly outputVoltage: number | undefined;
  readonly inputFrequency: number | undefined;
  readonly outputFrequency: number | undefined;
  readonly lastTransfer: string | undefined;
  readonly lastTransferReason: string | undefined;
  readonly testResult: string | undefined;
  /** As the vendor's program printed it, where it is the source. */
  readonly printedEvent: string | undefined;
  /** Points that this UPS has, also where they have no value now. */
  has(point: PointName): boolean;
}

const ofKind = (kind: string, id: PartId): boolean => id === kind || id.startsWith(`${kind}/`);

/** The first part of this kind that knows the point: of three phases, the first. */
const inKind = <P extends PointName>({ parts }: DeviceState, kind: string, point: P): ValueOf<P> | undefined => {
  for (const [id, part] of parts) {
    const value = ofKind(kind, id) ? goodValue(part, point) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
};

/** All phases together; of a device that tells the whole as well, that alone. */
const delivered = (device: DeviceState): number | undefined => {
  const whole = goodValue(device.parts.get("output"), "meter.power") ?? goodValue(device.parts.get("ups"), "meter.power");
  if (whole !== undefined) return whole;
  const phases = [...device.parts].filter(([id]) => ofKind("output", id)).map(([, part]) => goodValue(part, "meter.power"));
  const known = phases.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0);
};

/** The part that is the UPS itself. */
export const upsOf = ({ parts }: DeviceState): PartState | undefined =>
  parts.get("ups") ?? [...parts.values()].find(({ description }) => description.points.includes("ups.state"));

/** What has no point of its own stands under NUT's name for it, or apcupsd's. */
const nominalVoltage = ({ parts }: DeviceState): number | undefined =>
  ["variable/input.voltage.nominal", "variable/NOMINV", "variable/output.voltage.nominal", "variable/NOMOUTV"]
    .map((id) => goodValue(parts.get(id), "variable.number"))
    .find((value) => value !== undefined);

/** Undefined when the status is not known: the device does not answer, or says nothing of where its power comes from. */
export const measuresOf = (device: DeviceState): Measures | undefined => {
  const ups = upsOf(device);
  const state = goodValue(ups, "ups.state");
  if (device.connection.state !== "online" || state === undefined || state === "unknown") return undefined;
  return {
    state,
    onBattery: goodValue(ups, "ups.onBattery"),
    boost: goodValue(ups, "ups.boost"),
    trim: goodValue(ups, "ups.trim"),
    testing: goodValue(ups, "ups.testing"),
    charge: goodValue(ups, "ups.charge"),
    runtime: goodValue(ups, "ups.runtime"),
    load: goodValue(ups, "ups.load"),
    power: delivered(device),
    nominalPower: goodValue(ups, "ups.nominalPower"),
    nominalApparentPower: goodValue(ups, "ups.nominalApparentPower"),
    nominalVoltage: nominalVoltage(device),
    inputVoltage: inKind(device, "input", "meter.voltage"),
    outputVoltage: inKind(device, "output", "meter.voltage"),
    inputFrequency: inKind(device, "input", "meter.frequency"),
    outputFrequency: inKind(device, "output", "meter.frequency") ?? goodValue(ups, "meter.frequency"),
    lastTransfer: goodValue(ups, "ups.lastTransfer"),
    lastTransferReason: goodValue(ups, "ups.lastTransferReason"),
    testResult: goodValue(ups, "ups.testResult"),
    printedEvent: goodValue(device.parts.get("variable/last-power-event"), "variable.text"),
    has: (point) => ups?.description.points.includes(point) ?? false,
  };
};
