import type { PointName } from "./capability.ts";

/** The unit of a number; `number` has none, and `text` is no number whatever it looks like. */
export type NutUnit = "V" | "A" | "Ah" | "W" | "VA" | "Hz" | "%" | "s" | "min" | "°C" | "°" | "number" | "text";

export interface NutPoint {
  readonly point: PointName;
  /** Where the point is, when that is not where the name says. */
  readonly part?: string;
  /** How good a source of the point: of two, the lower is taken. */
  readonly rank?: number;
  /** Read as this point, but what we know of the point is not told under this name. */
  readonly oneWay?: true;
}
/** What a variable is, in a few words, and the point that it gives; without one it is a `variable` of its own. */
export type NutRow = readonly [unit: NutUnit, says: string, gives?: PointName | NutPoint];
export type NutSection = Readonly<Record<string, NutRow>>;

/** Warning and critical limits of one measured quantity, as lines, outlets and ambient probes have them. */
const limits = (of: string, unit: NutUnit): NutSection => ({
  [`${of}.status`]: ["text", `${of} against its limits`],
  [`${of}.low`]: [unit, `lower limit of ${of}`],
  [`${of}.low.warning`]: [unit, `${of} below which it warns`],
  [`${of}.low.critical`]: [unit, `${of} below which it is critical`],
  [`${of}.high`]: [unit, `upper limit of ${of}`],
  [`${of}.high.warning`]: [unit, `${of} above which it warns`],
  [`${of}.high.critical`]: [unit, `${of} above which it is critical`],
  [`${of}.minimum`]: [unit, `lowest ${of} seen`],
  [`${of}.maximum`]: [unit, `highest ${of} seen`],
  [`${of}.nominal`]: [unit, `nominal ${of}`],
});

/** What can be measured of a line, whole or by phase (the name's SPEC). */
const measured: NutSection = {
  voltage: ["V", "voltage", "meter.voltage"],
  current: ["A", "current", "meter.current"],
  realpower: ["W", "active power", "meter.power"],
  power: ["VA", "apparent power", "meter.apparentPower"],
  frequency: ["Hz", "frequency", "meter.frequency"],
  powerfactor: ["number", "power factor", "meter.powerFactor"],
  crestfactor: ["number", "crest factor"],
  load: ["%", "load"],
  "power.percent": ["%", "apparent power in percent of the most it may be"],
  "power.minimum.percent": ["%", "lowest apparent power seen, in percent"],
  "power.maximum.percent": ["%", "highest apparent power seen, in percent"],
  "current.peak": ["A", "peak current"],
  "realpower.nominal": ["W", "nominal active power"],
  "power.nominal": ["VA", "nominal apparent power"],
  "power.minimum": ["VA", "lowest apparent power seen"],
  "power.maximum": ["VA", "highest apparent power seen"],
  alarm: ["text", "alarm"],
  ...limits("voltage", "V"),
  ...limits("current", "A"),
  ...limits("frequency", "Hz"),
};

const device: NutSection = {
  type: ["text", "kind of device"],
  description: ["text", "description kept in the device"],
  contact: ["text", "who looks after the device"],
  location: ["text", "where the device is"],
  part: ["text", "part number"],
  uptime: ["s", "running since"],
  count: ["number", "devices in the daisy chain"],
  "usb.version": ["text", "USB version"],
};

const ups: NutSection = {
  status: ["text", "status", "ups.status"],
  alarm: ["text", "alarms", "ups.alarmText"],
  load: ["%", "load", "ups.load"],
  temperature: ["°C", "temperature", "sensor.temperature"],
  // What the UPS delivers, so it belongs to the output: the same watts must not be added up with what the input takes.
  realpower: ["W", "active power delivered", { point: "meter.power", part: "output", rank: 1 }],
  power: ["VA", "apparent power delivered", { point: "meter.apparentPower", part: "output", rank: 1 }],
  "realpower.nominal": ["W", "nominal active power", "ups.nominalPower"],
  "power.nominal": ["VA", "nominal apparent power", "ups.nominalApparentPower"],
  "beeper.status": ["text", "beeper", "ups.beeper"],
  "test.result": ["text", "result of the last self-test", "ups.testResult"],
  // Whether it counts, not how far: see `counting` of the driver.
  "timer.shutdown": ["s", "until the load is cut off", { point: "ups.shutdownPending", oneWay: true }],
  "timer.start": ["s", "until the load is fed again"],
  "timer.reboot": ["s", "until the load is restarted"],
  "delay.shutdown": ["s", "wait before the load is cut off"],
  "delay.start": ["s", "wait before the load is fed again"],
  "delay.reboot": ["s", "wait before a restart of the load"],
  "test.interval": ["s", "time between self-tests"],
  "test.date": ["text", "date of the last self-test"],
  "load.high": ["%", "load from which it is overloaded"],
  "load.energysave": ["%", "load below which it saves energy"],
  efficiency: ["%", "efficiency"],
  time: ["text", "its clock"],
  date: ["text", "its calendar"],
  "mfr.date": ["text", "date of manufacture"],
  "firmware.aux": ["text", "firmware of its second processor"],
  vendorid: ["text", "USB vendor"],
  productid: ["text", "USB product"],
  id: ["text", "name kept in the UPS"],
  "display.language": ["text", "language of its display"],
  contacts: ["text", "dry contacts"],
  type: ["text", "kind of UPS"],
  mode: ["text", "mode of operation"],
  "watchdog.status": ["text", "watchdog"],
  "start.auto": ["text", "starts by itself when mains return"],
  "start.battery": ["text", "may be started from its battery"],
  "start.reboot": ["text", "restarts when mains return while it shuts down"],
  shutdown: ["text", "may be shut down"],
};

const input: NutSection = {
  "transfer.reason": ["text", "reason of the last transfer to battery", "ups.lastTransferReason"],
  "transfer.low": ["V", "voltage below which it goes to battery"],
  "transfer.high": ["V", "voltage above which it goes to battery"],
  "transfer.low.min": ["V", "lowest lower transfer point that can be set"],
  "transfer.low.max": ["V", "highest lower transfer point that can be set"],
  "transfer.high.min": ["V", "lowest upper transfer point that can be set"],
  "transfer.high.max": ["V", "highest upper transfer point that can be set"],
  "transfer.boost.low": ["V", "lower end of boosting"],
  "transfer.boost.high": ["V", "upper end of boosting"],
  "transfer.trim.low": ["V", "lower end of trimming"],
  "transfer.trim.high": ["V", "upper end of trimming"],
  "transfer.eco.low": ["V", "lower end of the ECO mode"],
  "transfer.eco.high": ["V", "upper end of the ECO mode"],
  "transfer.bypass.low": ["V", "lower end of bypass"],
  "transfer.bypass.high": ["V", "upper end of bypass"],
  "transfer.frequency.bypass.range": ["%", "frequency range of bypass"],
  "transfer.frequency.eco.range": ["%", "frequency range of the ECO mode"],
  "transfer.hysteresis": ["V", "hysteresis of the transfer points"],
  "transfer.delay": ["s", "wait before going back to mains"],
  "transfer.bypass.forced": ["text", "may be forced to bypass"],
  "transfer.bypass.overload": ["text", "goes to bypass when overloaded"],
  "transfer.bypass.outlimits": ["text", "goes to bypass when out of tolerance"],
  "bypass.switchable": ["text", "bypass can be switched"],
  "bypass.switch.on": ["text", "switch into bypass"],
  "bypass.switch.off": ["text", "switch out of bypass"],
  "eco.switchable": ["text", "ECO mode can be switched"],
  "voltage.extended": ["text", "extended voltage range"],
  "voltage.fault": ["V", "voltage at the last fault"],
  "frequency.extended": ["text", "extended frequency range"],
  sensitivity: ["text", "sensitivity"],
  quality: ["text", "quality of the mains"],
  phases: ["number", "phases"],
  "phase.shift": ["°", "phase shift between the sources"],
  source: ["text", "source in use"],
  "source.preferred": ["text", "source it prefers"],
  "feed.color": ["text", "colour of the feed"],
  "feed.desc": ["text", "name of the feed"],
};

const output: NutSection = {
  phases: ["number", "phases"],
  "inverter.latency": ["s", "gap until the inverter feeds"],
};

const battery: NutSection = {
  charge: ["%", "charge", "ups.charge"],
  runtime: ["s", "runtime left", "ups.runtime"],
  voltage: ["V", "voltage", "meter.voltage"],
  current: ["A", "current", "meter.current"],
  temperature: ["°C", "temperature", "sensor.temperature"],
  date: ["text", "put in on", "ups.batteryDate"],
  "mfr.date": ["text", "made on", { point: "ups.batteryDate", rank: 1, oneWay: true }],
  "date.maintenance": ["text", "to be changed on"],
  "charge.approx": ["text", "rough charge"],
  "charge.low": ["%", "charge from which it is low"],
  "charge.restart": ["%", "charge needed to start again"],
  "charge.warning": ["%", "charge from which it warns"],
  "charger.status": ["text", "charger"],
  "charger.type": ["text", "kind of charger"],
  "voltage.cell.max": ["V", "highest voltage of a cell"],
  "voltage.cell.min": ["V", "lowest voltage of a cell"],
  "voltage.nominal": ["V", "nominal voltage"],
  "voltage.low": ["V", "voltage when empty"],
  "voltage.high": ["V", "voltage when full"],
  "voltage.minimum": ["V", "lowest voltage seen"],
  "voltage.maximum": ["V", "highest voltage seen"],
  capacity: ["Ah", "capacity"],
  "capacity.nominal": ["Ah", "nominal capacity"],
  "current.total": ["A", "current of all strings"],
  status: ["text", "health"],
  "temperature.cell.max": ["°C", "highest temperature of a cell"],
  "temperature.cell.min": ["°C", "lowest temperature of a cell"],
  "runtime.low": ["s", "runtime from which it is low"],
  "runtime.restart": ["s", "runtime needed to start again"],
  "alarm.threshold": ["text", "when the beeper sounds on battery"],
  packs: ["number", "battery packs"],
  "packs.bad": ["number", "bad battery packs"],
  "packs.external": ["number", "external battery packs"],
  type: ["text", "chemistry"],
  protection: ["text", "guarded against deep discharge"],
  energysave: ["text", "switches off at no load"],
  "energysave.load": ["%", "load below which it switches off on battery"],
  "energysave.delay": ["min", "wait before it switches off at no load"],
  "energysave.realpower": ["W", "power below which it switches off on battery"],
};

/** A probe's limits, and the alarms that some drivers name in a way of their own. */
const sensed = (of: string, unit: NutUnit): NutSection => ({
  [`${of}.alarm`]: ["text", `alarm of ${of}`],
  [`${of}.alarm.enable`]: ["text", `alarm of ${of} is enabled`],
  [`${of}.alarm.low`]: [unit, `${of} below which it alarms`],
  [`${of}.alarm.high`]: [unit, `${of} above which it alarms`],
  [`${of}.alarm.minimum`]: [unit, `lowest ${of} without alarm`],
  [`${of}.alarm.maximum`]: [unit, `highest ${of} without alarm`],
  ...limits(of, unit),
});
const ambient: NutSection = {
  temperature: ["°C", "temperature", "sensor.temperature"],
  humidity: ["%", "humidity", "sensor.humidity"],
  ...sensed("temperature", "°C"),
  ...sensed("humidity", "%"),
  count: ["number", "probes"],
  name: ["text", "name"],
  id: ["text", "identifier"],
  address: ["text", "address"],
  "parent.serial": ["text", "serial number of what it hangs on"],
  mfr: ["text", "manufacturer"],
  model: ["text", "model"],
  firmware: ["text", "firmware"],
  present: ["text", "present"],
  ...Object.fromEntries(
    ["1", "2", "3", "4"].flatMap((contact): [string, NutRow][] => [
      [`contacts.${contact}.status`, ["text", `contact ${contact}`]],
      [`contacts.${contact}.config`, ["text", `what contact ${contact} means`]],
      [`contacts.${contact}.name`, ["text", `name of contact ${contact}`]],
    ]),
  ),
};

const outlet: NutSection = {
  ...measured,
  status: ["text", "state", "outlet.on"],
  desc: ["text", "name", "outlet.label"],
  name: ["text", "mark", { point: "outlet.label", rank: 1, oneWay: true }],
  id: ["text", "identifier"],
  count: ["number", "how many"],
  groupid: ["text", "group"],
  switch: ["text", "switch"],
  switchable: ["text", "can be switched"],
  "protect.status": ["text", "protection"],
  ecocontrol: ["text", "follows a master outlet"],
  designator: ["text", "designator"],
  type: ["text", "kind of socket"],
  color: ["text", "colour"],
  phase: ["text", "phase"],
  input: ["text", "input that feeds it"],
  "autoswitch.charge.low": ["%", "charge at which it is switched off"],
  "battery.charge.low": ["%", "charge at which it is switched off"],
  "delay.shutdown": ["s", "wait before it is switched off"],
  "delay.start": ["s", "wait before it is switched on again"],
  "delay.reboot": ["s", "wait before it is restarted"],
  "timer.shutdown": ["s", "until it is switched off"],
  "timer.start": ["s", "until it is switched on"],
};

const driver: NutSection = {
  name: ["text", "driver"],
  version: ["text", "version of the driver"],
  state: ["text", "what the driver does"],
};

/**
 * NUT's variables by collection (docs/nut-names.txt, RFC 9271 section 5; names of old drivers from the dumps of networkupstools/nut-ddl).
 * The names and units are NUT's, the words are ours.
 */
export const nutTable = { device, ups, input: { ...measured, ...input }, output: { ...measured, ...output }, battery, ambient, outlet, driver } as const;

/** Who the device is: `device.*` is the newer collection and wins over `ups.*` (docs/nut-names.txt, "device"). */
export const nutIdentity = {
  manufacturer: ["device.mfr", "ups.mfr"],
  model: ["device.model", "ups.model"],
  serial: ["device.serial", "ups.serial"],
  firmware: ["ups.firmware"],
  mac: ["device.macaddr"],
} as const;
