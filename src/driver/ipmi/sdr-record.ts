import { sensorName } from "./packed-text.ts";

/** An analog sensor as its full record describes it (IPMI 2.0, 43.1). */
export interface AnalogSensor {
  readonly name: string;
  readonly owner: number;
  readonly lun: number;
  readonly number: number;
  /** Entity id and instance: what the sensor sits on. */
  readonly entity: string;
  /** 0 unsigned, 1 one's complement, 2 two's complement. */
  readonly format: 0 | 1 | 2;
  /** Base unit (table 43-15); 0 when the sensor has a rate or a second unit, which we have no quantity for. */
  readonly unit: number;
  readonly linearization: number;
  readonly factors: Factors;
}

/** value = L((M × raw + B × 10^bExponent) × 10^rExponent) (IPMI 2.0, 36.3). */
export interface Factors {
  readonly m: number;
  readonly b: number;
  readonly bExponent: number;
  readonly rExponent: number;
}

const signed = (value: number, bits: number): number => (value >= 2 ** (bits - 1) ? value - 2 ** bits : value);

/** The six bytes of factors, as a record and as Get Sensor Reading Factors have them. */
export const decodeFactors = (bytes: Buffer): Factors => ({
  m: signed(bytes.readUInt8(0) | ((bytes.readUInt8(1) & 0xc0) << 2), 10),
  b: signed(bytes.readUInt8(2) | ((bytes.readUInt8(3) & 0xc0) << 2), 10),
  rExponent: signed(bytes.readUInt8(5) >> 4, 4),
  bExponent: signed(bytes.readUInt8(5) & 0x0f, 4),
});

export const fullRecord = 0x01;
const shortest = 48;

/** The sensor, or undefined when the record is of another type, has no analog reading, or is cut off. Never throws. */
export const decodeSensorRecord = (record: Buffer): AnalogSensor | undefined => {
  if (record.length < shortest || record[3] !== fullRecord) return undefined;
  const units = record.readUInt8(20);
  const format = units >> 6;
  if (format === 3) return undefined;
  const plain = (units & 0x3f) === 0;
  return {
    name: sensorName(record.readUInt8(47), record.subarray(shortest)),
    owner: record.readUInt8(5),
    lun: record.readUInt8(6) & 3,
    number: record.readUInt8(7),
    entity: `${record.readUInt8(8)}.${record.readUInt8(9) & 0x7f}`,
    format: format as 0 | 1 | 2,
    unit: plain ? record.readUInt8(21) : 0,
    linearization: record.readUInt8(23) & 0x7f,
    factors: decodeFactors(record.subarray(24, 30)),
  };
};
