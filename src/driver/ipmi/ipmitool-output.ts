import type { PointName } from "#domain/capability.ts";
import type { PartDescription, Reading } from "#domain/device.ts";
import { reading } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import type { Identity } from "./fru-inventory.ts";
import { slug } from "./sensor-part.ts";

/** `Name : value` lines. */
const lines = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^\s*([^:\n]+?)\s*:[ \t]*(.*?)\s*$/gm)].map((match): [string, string] => [match[1] ?? "", match[2] ?? ""]));

/** `chassis status`. */
export const chassisOf = (text: string): readonly Reading[] => {
  const found = lines(text);
  const power = found.get("System Power");
  if (power !== "on" && power !== "off") throw new Fault("malformed", "ipmitool does not say whether the machine is on");
  const problem = ["Power Overload", "Main Power Fault", "Power Control Fault", "Drive Fault", "Cooling/Fan Fault"].some((name) => found.get(name) === "true");
  const policy = ({ "always-off": "off", previous: "previous", "always-on": "on" } as const)[found.get("Power Restore Policy") ?? ""];
  return [
    { part: "chassis", point: "chassis.on", value: power === "on" },
    { part: "chassis", point: "chassis.fault", value: problem },
    ...(policy === undefined ? [] : [{ part: "chassis", point: "chassis.restorePolicy", value: policy } as const]),
  ];
};

/** `dcmi power reading`; undefined when it measures nothing. */
export const wattsOf = (text: string): number | undefined => {
  const found = lines(text);
  const watts = /^(\d+) Watts/.exec(found.get("Instantaneous power reading") ?? "")?.[1];
  if (watts === undefined || (watts === "0" && /deactivated/.test(text))) return undefined;
  return Number(watts);
};

/** `fru print 0`. */
export const fruOf = (text: string): Identity => {
  const found = lines(text);
  const manufacturer = found.get("Product Manufacturer") || found.get("Board Mfg");
  const model = found.get("Product Name") || found.get("Board Product");
  const serial = found.get("Product Serial") || found.get("Board Serial");
  return { ...(manufacturer && { manufacturer }), ...(model && { model }), ...(serial && { serial }) };
};

const units: Readonly<Record<string, PointName>> = {
  "degrees C": "sensor.temperature",
  RPM: "sensor.fanSpeed",
  Volts: "meter.voltage",
  Amps: "meter.current",
  Watts: "meter.power",
};

/** A line of `-c sdr list full`: name, value, unit, state. `value` is undefined when there is none now. */
export interface ToolSensor {
  readonly part: PartDescription;
  readonly reading: Reading | undefined;
}

/** Sensors by name; of several with one name, the second and later ones get their place behind it, as ipmitool shows no number. */
export const sensorsOf = (text: string): readonly ToolSensor[] => {
  const seen = new Map<string, number>();
  return text.split("\n").flatMap((line): readonly ToolSensor[] => {
    const match = /^(.+?),([^,]*),([^,]*),([^,]*)$/.exec(line.trim());
    const point = units[match?.[3] ?? ""];
    if (!match?.[1] || !point) return [];
    const stem = slug(match[1]) || "sensor";
    const count = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, count);
    const id = `sensor/${stem}${count > 1 ? `-${count}` : ""}`;
    const value = match[2] === "" || match[4] === "ns" ? Number.NaN : Number(match[2]);
    return [{ part: { id, label: match[1], points: [point], commands: [] }, reading: Number.isFinite(value) ? reading(id, point, value) : undefined }];
  });
};
