import type { SimulatedSensor } from "./machine.ts";

/** How a sensor's value becomes a byte: value = raw × multiplier × 10^exponent. Fixed at the start, as clients keep the records. */
interface Scale {
  readonly type: number;
  readonly unit: number;
  readonly signed: boolean;
  readonly multiplier: number;
  readonly exponent: number;
}

const scaleOf = ({ kind, value }: SimulatedSensor): Scale => {
  switch (kind) {
    case "temperature":
      return { type: 0x01, unit: 1, signed: true, multiplier: 1, exponent: 0 };
    case "fan":
      return { type: 0x04, unit: 18, signed: false, multiplier: 100, exponent: 0 };
    case "voltage":
      return { type: 0x02, unit: 4, signed: false, multiplier: Math.max(1, Math.ceil((Math.abs(value) * 1300) / 255)), exponent: -3 };
    case "power":
      return { type: 0x0b, unit: 6, signed: false, multiplier: Math.max(2, Math.ceil((value * 2) / 255)), exponent: 0 };
  }
};

/** A sensor of the simulated BMC: its full record (IPMI 2.0, 43.1) and the byte it reads now. */
export interface SensorRecord {
  readonly record: Buffer;
  raw(value: number): number;
}

const nameAt = 48;
const headerLength = 5;

export const sensorRecord = (sensor: SimulatedSensor, place: number): SensorRecord => {
  const { type, unit, signed, multiplier, exponent } = scaleOf(sensor);
  const name = Buffer.from(sensor.name.slice(0, 16), "latin1");
  const record = Buffer.alloc(nameAt + name.length);
  record.writeUInt16LE(place + 1, 0);
  // Version 1.5 of the record format, full record, bytes that follow; owner, unit 0, number; system board, instance.
  record.set([0x51, 0x01, record.length - headerLength, 0x20, 0, place + 1, 7, place + 1], 2);
  // Scanning on at start; no thresholds; threshold type.
  record.set([0x03, 0x40, type, 0x01], 10);
  record[20] = signed ? 0x80 : 0;
  record[21] = unit;
  record[24] = multiplier & 0xff;
  record[25] = (multiplier >> 2) & 0xc0;
  record[29] = (exponent & 0x0f) << 4;
  record.set([0xff, 0], 31);
  record[47] = 0xc0 | name.length;
  name.copy(record, nameAt);
  const [least, most] = signed ? [-128, 127] : [0, 255];
  return { record, raw: (value) => Math.min(most, Math.max(least, Math.round(value / multiplier / 10 ** exponent))) & 0xff };
};
