import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import type { IpmiAnswer } from "#transport/ipmi/ipmi-message.ts";
import { type AnalogSensor, decodeFactors } from "./sdr-record.ts";
import { needsFactors, sensorValue } from "./sensor-value.ts";

const netFn = 0x04;
const getReading = 0x2d;
const getFactors = 0x23;

/**
 * The raw byte of Get Sensor Reading (IPMI 2.0, 35.14), or undefined when there is none now: refused for this sensor, reading
 * unavailable (bit 5), scanning off (bit 6 clear), or no state byte at all (Dell 2950). None of them is an error of the BMC.
 */
export const decodeReading = ({ code, data }: IpmiAnswer): number | undefined => {
  if (code !== 0 || data.length < 2) return undefined;
  const state = data.readUInt8(1);
  return (state & 0x20) !== 0 || (state & 0x40) === 0 ? undefined : data.readUInt8(0);
};

/** The value in the sensor's own unit; undefined when it has no reading now. */
export const readSensor = async (bmc: BmcConnection, sensor: AnalogSensor, signal: AbortSignal): Promise<number | undefined> => {
  const { number, lun } = sensor;
  const raw = decodeReading(await bmc.ask({ netFn, lun, command: getReading, data: Uint8Array.of(number) }, signal));
  if (raw === undefined) return undefined;
  if (!needsFactors(sensor)) return sensorValue(sensor, sensor.factors, raw);
  const { code, data } = await bmc.ask({ netFn, lun, command: getFactors, data: Uint8Array.of(number, raw) }, signal);
  // Next reading (1), then M, tolerance, B, accuracy, accuracy exponent, exponents (IPMI 2.0, 35.5).
  return code === 0 && data.length >= 7 ? sensorValue(sensor, decodeFactors(data.subarray(1, 7)), raw) : undefined;
};
