import { systemClock } from "#platform/clock.ts";
import { cipherSuites, type SuiteId } from "#transport/ipmi/cipher-suite.ts";
import { inventoryImage } from "./inventory.ts";
import type { ChassisAction, SimulatedBmc } from "./machine.ts";
import { type SensorRecord, sensorRecord } from "./sensor.ts";

/** Completion code, and data when it is 0. */
export interface CommandResult {
  readonly code: number;
  readonly data?: Uint8Array;
}
/** Does one IPMI command. */
export type CommandTable = (netFn: number, command: number, data: Buffer) => CommandResult;

const ok = (...bytes: readonly number[]): CommandResult => ({ code: 0, data: Uint8Array.from(bytes) });
const refuse = (code: number): CommandResult => ({ code });
const unknownCommand = refuse(0xc1);
const tooShort = refuse(0xc7);
const invalidField = refuse(0xcc);
const notPresent = refuse(0xcb);
const notInThisState = refuse(0xd5);
const word = (value: number): readonly number[] => [value & 0xff, (value >> 8) & 0xff];

const reservation = 0x0001;
const lastRecord = 0xffff;
/** As many real ones: no more than fits a message of 32 bytes. */
const longestRead = 24;
const group = 0xdc;
/** Any time will do, so long as it stays the same while the records do. */
const filledAt = [0x00, 0x00, 0x00, 0x60] as const;
const actions: readonly ChassisAction[] = ["off", "on", "cycle", "reset", "diag", "shutdown"];

const deviceId = (): CommandResult => ok(0x20, 0x01, 0x01, 0x00, 0x02, 0x8f, 0x91, 0x12, 0x00, 0x02, 0x0f);

const control = (machine: SimulatedBmc, data: Buffer): CommandResult => {
  const action = data.length < 1 ? undefined : actions[data.readUInt8(0) & 0x0f];
  if (!action) return data.length < 1 ? tooShort : invalidField;
  // What the specification advises for a machine that is off (IPMI 2.0, 28.3).
  if (!machine.on && (action === "cycle" || action === "reset" || action === "diag")) return notInThisState;
  machine.control(action);
  return ok();
};

const readRecord = (records: readonly SensorRecord[], data: Buffer): CommandResult => {
  if (data.length < 6) return tooShort;
  const id = data.readUInt16LE(2);
  const place = id === lastRecord ? records.length - 1 : Math.max(0, id - 1);
  const found = records[place]?.record;
  if (!found) return notPresent;
  const offset = data.readUInt8(4);
  if (offset > 0 && data.readUInt16LE(0) !== reservation) return refuse(0xc5);
  const count = Math.min(data.readUInt8(5), found.length - offset);
  if (count < 0 || data.readUInt8(5) > longestRead) return refuse(0xca);
  const next = place + 1 < records.length ? place + 2 : lastRecord;
  return ok(...word(next), ...found.subarray(offset, offset + count));
};

const readInventory = (machine: SimulatedBmc, data: Buffer): CommandResult => {
  if (data.length < 4) return tooShort;
  if (data[0] !== 0) return notPresent;
  const image = inventoryImage(machine);
  const offset = data.readUInt16LE(1);
  if (offset >= image.length) return refuse(0xc9);
  const bytes = image.subarray(offset, offset + Math.min(data.readUInt8(3), longestRead));
  return ok(bytes.length, ...bytes);
};

const readPower = (machine: SimulatedBmc, data: Buffer): CommandResult => {
  if (data[0] !== group) return unknownCommand;
  const watts = word(Math.min(0xffff, Math.max(0, Math.round(machine.watts))));
  const seconds = Math.floor(systemClock.now() / 1000);
  return ok(group, ...watts, ...watts, ...watts, ...watts, ...word(seconds), ...word(seconds >> 16), ...word(1000), 0, 0, 0x40);
};

const capabilities = (data: Buffer): CommandResult => {
  if (data.length < 2 || data[0] !== group) return tooShort;
  // Version 1.5, parameter revision 2; power management and one LAN channel.
  if (data[1] === 1) return ok(group, 1, 5, 2, 0x00, 0x01, 0x03);
  return data[1] === 5 ? ok(group, 1, 5, 2, 1, 0x00) : invalidField;
};

/** Records of Get Channel Cipher Suites (IPMI 2.0, 22.15.1), 16 bytes a page. */
const suiteList = (suites: readonly SuiteId[], data: Buffer): CommandResult => {
  const records = suites.flatMap((id) => [
    0xc0,
    id,
    cipherSuites[id].authentication,
    0x40 | cipherSuites[id].integrity,
    0x80 | cipherSuites[id].confidentiality,
  ]);
  const page = (data[2] ?? 0) & 0x3f;
  return ok(1, ...records.slice(page * 16, page * 16 + 16));
};

/** The commands of one BMC. Sensors are those it has at the start. */
export const createCommandTable = (bmc: () => SimulatedBmc, suites: readonly SuiteId[]): CommandTable => {
  const records = bmc().sensors.map(sensorRecord);
  const guid = Buffer.concat([Buffer.from(bmc().serial, "latin1"), Buffer.alloc(16)]).subarray(0, 16);
  const readSensor = (number: number | undefined): CommandResult => {
    const sensor = number === undefined ? undefined : bmc().sensors[number - 1];
    const record = number === undefined ? undefined : records[number - 1];
    return sensor && record ? ok(record.raw(sensor.value), 0xc0, 0x00) : notPresent;
  };
  const status = (): CommandResult => ok(bmc().on ? 0x41 : 0x40, 0x00, bmc().identify ? 0x60 : 0x40);
  const identify = (): CommandResult => (bmc().control("identify"), ok());
  const table: Readonly<Record<number, (data: Buffer) => CommandResult>> = {
    0x0000: () => ok(0x00, 0x20, 0x20, 0x20, 0x20),
    0x0001: status,
    0x0002: (data) => control(bmc(), data),
    0x0004: identify,
    0x0427: () => ok(0, 0, 0, 0, 0, 0, 0),
    0x042d: (data) => readSensor(data[0]),
    0x0601: deviceId,
    0x0637: () => ok(...guid),
    // Channel 1: IPMI 2.0 only, users have names.
    0x0638: () => ok(0x01, 0x80, 0x04, 0x02, 0, 0, 0, 0),
    0x0654: (data) => suiteList(suites, data),
    0x0a10: (data) => (data[0] === 0 ? ok(...word(inventoryImage(bmc()).length), 0) : notPresent),
    0x0a11: (data) => readInventory(bmc(), data),
    0x0a20: () => ok(0x51, ...word(records.length), ...word(0xffff), ...filledAt, ...filledAt, 0x02),
    0x0a22: () => ok(...word(reservation)),
    0x0a23: (data) => readRecord(records, data),
    0x0a40: () => ok(0x51, ...word(0), ...word(0x4000), ...filledAt, ...filledAt, 0x02),
    0x0a42: () => ok(...word(reservation)),
    0x2c01: capabilities,
    0x2c02: (data) => readPower(bmc(), data),
  };
  return (netFn, command, data) => table[(netFn << 8) | command]?.(data) ?? unknownCommand;
};
