import type { PointName, Value } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";
import { type Measure, measures, readNumber } from "./measure.ts";
import { readMoment, said } from "./said.ts";

/** What a field of the status report is to us. */
export interface Field {
  readonly part: PartId;
  readonly point: PointName;
  /** Undefined when the text says nothing. */
  read(text: string): Value | undefined;
  /** Of a variable that is a number. */
  readonly unit?: string;
  /** It is written only after something happened; that it can be is known by another field. */
  readonly comesWith?: string;
}

type Make = (name: string) => Field;

const variable = (name: string): PartId => `variable/${name.replaceAll(" ", "-")}`;
const point =
  (part: PartId, of: PointName, measure: Measure): Make =>
  () => ({ part, point: of, read: (text) => readNumber(text, measure) });
const words =
  (of: PointName, read: (text: string) => string | undefined, comesWith?: string): Make =>
  () => ({ part: "ups", point: of, read, ...(comesWith !== undefined && { comesWith }) });
const number =
  (measure: Measure): Make =>
  (name) => ({
    part: variable(name),
    point: "variable.number",
    read: (text) => readNumber(text, measure),
    ...(measure.unit !== "" && { unit: measure.unit }),
  });
const text: Make = (name) => ({ part: variable(name), point: "variable.text", read: said });
const moment =
  (comesWith?: string): Make =>
  (name) => ({ ...text(name), read: (given) => readMoment(given) ?? said(given), ...(comesWith !== undefined && { comesWith }) });

/** The manual's letters, and those that apcupsd 3.14 has beside them (IP, WN). */
const selfTests: ReadonlyMap<string, string> = new Map([
  ["OK", "Passed"],
  ["BT", "Failed: insufficient battery capacity"],
  ["NG", "Failed: overload"],
  ["WN", "Warning"],
  ["IP", "In progress"],
  ["NO", "No test"],
]);

const { volts, nominalVolts, nominalWatts, nominalVoltAmperes, amperes, hertz, percent, load, celsius, seconds, minutes, count } = measures;

/**
 * Every field of apcupsd's status report (its manual, "Status Report Fields", and those that 3.14 writes beside them). What has no point
 * in the catalogue is a variable under its own name. Left out are the frame (`APC`, `END APC`) and what says who and how the UPS is (`elsewhere`).
 */
const table: ReadonlyMap<string, Make> = new Map(
  Object.entries({
    LINEV: point("input", "meter.voltage", volts),
    LINEFREQ: point("input", "meter.frequency", hertz),
    OUTPUTV: point("output", "meter.voltage", volts),
    OUTCURNT: point("output", "meter.current", amperes),
    BATTV: point("battery", "meter.voltage", volts),
    LOADPCT: point("ups", "ups.load", load),
    BCHARGE: point("ups", "ups.charge", percent),
    TIMELEFT: point("ups", "ups.runtime", minutes),
    TONBATT: point("ups", "ups.timeOnBattery", seconds),
    NOMPOWER: point("ups", "ups.nominalPower", nominalWatts),
    NOMAPNT: point("ups", "ups.nominalApparentPower", nominalVoltAmperes),
    ITEMP: point("ups", "sensor.temperature", celsius),
    AMBTEMP: point("ambient", "sensor.temperature", celsius),
    HUMIDITY: point("ambient", "sensor.humidity", percent),
    XONBATT: words("ups.lastTransfer", readMoment, "NUMXFERS"),
    LASTXFER: words("ups.lastTransferReason", said, "NUMXFERS"),
    SELFTEST: words("ups.testResult", (given) => selfTests.get(given)),
    BATTDATE: words("ups.batteryDate", said),
    LOADAPNT: number(load),
    MBATTCHG: number(percent),
    MINTIMEL: number(minutes),
    MAXTIME: number(seconds),
    MAXLINEV: number(volts),
    MINLINEV: number(volts),
    DWAKE: number(seconds),
    DSHUTD: number(seconds),
    DLOWBATT: number(minutes),
    LOTRANS: number(volts),
    HITRANS: number(volts),
    RETPCT: number(percent),
    NUMXFERS: number(count),
    CUMONBATT: number(seconds),
    NOMOUTV: number(nominalVolts),
    NOMINV: number(nominalVolts),
    NOMBATTV: number(nominalVolts),
    EXTBATTS: number(count),
    BADBATTS: number(count),
    XOFFBATT: moment("NUMXFERS"),
    LASTSTEST: moment("SELFTEST"),
    DATE: moment(),
    STARTTIME: moment(),
    MASTERUPD: moment(),
    SENSE: text,
    ALARMDEL: text,
    STESTI: text,
    STATFLAG: text,
    DIPSW: text,
    REG1: text,
    REG2: text,
    REG3: text,
    MANDATE: text,
    UPSNAME: text,
    HOSTNAME: text,
    VERSION: text,
    RELEASE: text,
    CABLE: text,
    DRIVER: text,
    UPSMODE: text,
    SHARE: text,
    MASTER: text,
    LINEFAIL: text,
    BATTSTAT: text,
    APCMODEL: text,
  } satisfies Record<string, Make>),
);

/** Who the UPS is; they are in the description and no readings. `STATUS` is read together with `STATFLAG`. */
const elsewhere: ReadonlySet<string> = new Set(["APC", "END APC", "STATUS", "MODEL", "SERIALNO", "FIRMWARE"]);

const known: ReadonlyMap<string, Field> = new Map([...table].map(([name, make]) => [name, make(name)]));
/** The fields that are not there before something has happened. */
export const lateFields: readonly string[] = [...known].flatMap(([name, { comesWith }]) => (comesWith === undefined ? [] : [name]));

/** A name that can be part of a part's id. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,31}$/;

/** What a field is to us; one that no manual knows is a text under its own name. Undefined for the frame and for what is no field's name. */
export const fieldOf = (name: string): Field | undefined => known.get(name) ?? (plainName.test(name) && !elsewhere.has(name) ? text(name) : undefined);
