import type { PointName } from "#domain/capability.ts";
import type { PartId } from "#domain/device.ts";

/** Which point a variable is, and how good a source of it: of two variables for one point the lower rank is taken. */
export interface Target {
  readonly part: PartId;
  readonly point: PointName;
  readonly rank: number;
}

const target = (part: PartId, point: PointName, rank = 0): Target => ({ part, point, rank });

/**
 * NUT's names (docs/nut-names.txt, RFC 9271 section 5). `ups.realpower` and `ups.power` are what the UPS delivers, so they belong to
 * the output: the same watts must not be added up with what the input takes. `output.realpower` says the same more plainly and wins.
 */
const named: Readonly<Record<string, Target>> = {
  "ups.status": target("ups", "ups.status"),
  "battery.charge": target("ups", "ups.charge"),
  "battery.runtime": target("ups", "ups.runtime"),
  "ups.load": target("ups", "ups.load"),
  "ups.beeper.status": target("ups", "ups.beeper"),
  "ups.test.result": target("ups", "ups.testResult"),
  "ups.temperature": target("ups", "sensor.temperature"),
  "ups.realpower": target("output", "meter.power", 1),
  "ups.power": target("output", "meter.apparentPower", 1),
  "battery.voltage": target("battery", "meter.voltage"),
  "battery.current": target("battery", "meter.current"),
  "battery.temperature": target("battery", "sensor.temperature"),
};

const meter: Readonly<Record<string, PointName>> = {
  realpower: "meter.power",
  power: "meter.apparentPower",
  current: "meter.current",
  voltage: "meter.voltage",
  frequency: "meter.frequency",
  powerfactor: "meter.powerFactor",
};
const outlet: Readonly<Record<string, Target["point"]>> = { ...meter, status: "outlet.on", desc: "outlet.label", name: "outlet.label" };
const ambient: Readonly<Record<string, PointName>> = { temperature: "sensor.temperature", humidity: "sensor.humidity" };

/** `input.voltage`, `output.L1.current`, `input.L1-N.voltage`, `input.L1-L2.voltage`; an ATS counts its inputs (`input.1.voltage`). */
const linePattern = /^(input|output)(?:\.(\d+|L[123](?:-L[123])?)(?:-N)?)?\.([a-z]+)$/;
/** Outlet 0 is the whole unit (docs/nut-names.txt): switching it switches everything, so it is left alone. */
const outletPattern = /^outlet\.([1-9]\d*)\.([a-z]+)$/;
const ambientPattern = /^ambient(?:\.(\d+))?\.([a-z]+)$/;

const pointIn = (points: Readonly<Record<string, PointName>>, name = ""): PointName | undefined => (Object.hasOwn(points, name) ? points[name] : undefined);
const partOf = (kind: string, number: string | undefined): PartId => (number === undefined ? kind : `${kind}/${number}`);

/** What a variable is to us; undefined for the many that are settings, limits or the driver's own. */
export const targetOf = (variable: string): Target | undefined => {
  if (Object.hasOwn(named, variable)) return named[variable];
  const [, kind, phase, spec] = linePattern.exec(variable) ?? [];
  const line = kind === undefined ? undefined : pointIn(meter, spec);
  if (kind !== undefined && line) return target(partOf(kind, phase), line);
  const [, socket, detail] = outletPattern.exec(variable) ?? [];
  const ofOutlet = socket === undefined ? undefined : pointIn(outlet, detail);
  if (ofOutlet) return target(partOf("outlet", socket), ofOutlet, detail === "name" ? 1 : 0);
  const [matched, probe, sense] = ambientPattern.exec(variable) ?? [];
  const climate = matched === undefined ? undefined : pointIn(ambient, sense);
  return climate && target(partOf("ambient", probe), climate);
};
