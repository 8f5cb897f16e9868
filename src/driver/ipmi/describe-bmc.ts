import type { PointName } from "#domain/capability.ts";
import type { Description, PartDescription } from "#domain/device.ts";
import type { Context } from "#driver/contract.ts";
import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import type { IpmiRequest } from "#transport/ipmi/ipmi-message.ts";
import { chassisCommands, readChassisStatus } from "./chassis-status.ts";
import { decodeDeviceIdentity, type DeviceIdentity, makers } from "./device-identity.ts";
import { decodeFru, type Identity, readFru } from "./fru-inventory.ts";
import type { IpmiOptions } from "./option.ts";
import { findPowerSource, type PowerSource } from "./power-source.ts";
import { recallWalk, saveWalk } from "./sdr-cache.ts";
import { type AnalogSensor, decodeSensorRecord } from "./sdr-record.ts";
import { deviceRecords, lastRecord, repository, walkRecords } from "./sdr-repository.ts";
import { type SensorPart, sensorParts } from "./sensor-part.ts";

/** What a BMC is made of, and what is needed to read it. */
export interface Inventory {
  readonly description: Description;
  readonly sensors: readonly SensorPart[];
  readonly power: PowerSource | undefined;
}

const systemGuid: IpmiRequest = { netFn: 0x06, command: 0x37 };
const chassisCapabilities: IpmiRequest = { netFn: 0x00, command: 0x00 };
export const eventLogInfo: IpmiRequest = { netFn: 0x0a, command: 0x40 };
/** Parameter 5, MAC address, of the channel that this request comes by (IPMI 2.0, 23.2). */
const macAddress: IpmiRequest = { netFn: 0x0c, command: 0x02, data: Uint8Array.of(0x0e, 5, 0, 0) };

/** The answer's data, or nothing when the BMC does not have it or does not let us. */
const dataIfAny = async (bmc: BmcConnection, request: IpmiRequest, signal: AbortSignal): Promise<Buffer> => {
  const { code, data } = await bmc.ask(request, signal);
  return code === 0 ? data : Buffer.alloc(0);
};

const readSensors = async (bmc: BmcConnection, identity: DeviceIdentity, { cache }: Context, signal: AbortSignal): Promise<readonly AnalogSensor[]> => {
  const place = identity.hasRepository ? repository : deviceRecords;
  const info = await dataIfAny(bmc, { netFn: place.netFn, command: place.info }, signal);
  // Free space and support bits change without a change of records; count and times of the last addition and erasure do not.
  const state = identity.hasRepository ? Buffer.concat([info.subarray(1, 3), info.subarray(5, 13)]) : info;
  const stamp = Buffer.concat([identity.bytes, await dataIfAny(bmc, systemGuid, signal), state]);
  const known = recallWalk(cache, stamp);
  let walk = known;
  if (known.next !== lastRecord) {
    walk = await walkRecords(bmc, place, known, (broken) => saveWalk(cache, stamp, broken), signal);
    saveWalk(cache, stamp, walk);
  }
  return walk.records.map(decodeSensorRecord).filter((sensor) => sensor !== undefined);
};

const readIdentity = async (
  bmc: BmcConnection,
  { maker, firmware }: DeviceIdentity,
  signal: AbortSignal,
): Promise<Identity & { firmware: string; mac?: readonly string[] }> => {
  const image = await readFru(bmc, signal);
  const mac = (await dataIfAny(bmc, macAddress, signal)).subarray(1, 7);
  const { [maker]: manufacturer } = makers;
  return {
    ...(manufacturer !== undefined && { manufacturer }),
    ...(image && decodeFru(image)),
    firmware,
    ...(mac.length === 6 && mac.some((byte) => byte !== 0) && { mac: [[...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":")] }),
  };
};

const describeChassis = async (
  bmc: BmcConnection,
  { privilege }: IpmiOptions,
  on: { readonly identify: boolean; readonly power: boolean },
  signal: AbortSignal,
): Promise<PartDescription> => {
  const capabilities = await dataIfAny(bmc, chassisCapabilities, signal);
  const eventLog = await dataIfAny(bmc, eventLogInfo, signal);
  const points: PointName[] = ["chassis.on", "chassis.fault", "chassis.restorePolicy"];
  if (on.identify) points.push("chassis.identify");
  if (((capabilities[0] ?? 0) & 0x01) !== 0) points.push("chassis.intrusion");
  if (eventLog.length >= 3) points.push("chassis.eventLogEntries");
  if (on.power) points.push("meter.power");
  return { id: "chassis", points, commands: chassisCommands(privilege) };
};

/** Asks a BMC who it is and what it has. What is optional and refused is left out; a BMC that stops answering is a fault. */
export const describeBmc = async (bmc: BmcConnection, options: IpmiOptions, context: Context, signal: AbortSignal): Promise<Inventory> => {
  const identity = decodeDeviceIdentity(await bmc.ask({ netFn: 0x06, command: 0x01 }, signal));
  const status = await readChassisStatus(bmc, signal);
  const all = await readSensors(bmc, identity, context, signal);
  const sensors = sensorParts(all, options.sensors);
  const power = await findPowerSource(bmc, { maker: identity.maker, sensors: all, on: status.on }, signal);
  const chassis = await describeChassis(bmc, options, { identify: status.identify !== undefined, power: power !== undefined }, signal);
  const parts = sensors.map(({ id, label, point }): PartDescription => ({ id, label, points: [point], commands: [] }));
  context.log.debug(`firmware ${identity.firmware}, ${all.length} analog sensors, ${sensors.length} of them shown, power ${power ? "known" : "not known"}`);
  return { description: { ...(await readIdentity(bmc, identity, signal)), parts: [chassis, ...parts] }, sensors, power };
};
