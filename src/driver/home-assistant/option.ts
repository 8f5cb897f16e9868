import { z } from "zod";
import type { PointName } from "#domain/capability.ts";
import { secret } from "#driver/option.ts";

const entity = (domains: readonly string[], what: string, example: string): z.ZodString =>
  z.string().regex(new RegExp(`^(${domains.join("|")})\\.[a-z0-9_]+$`), `is no ${what}, such as ${example}`);
const switchEntity = entity(["switch", "input_boolean"], "switch entity", "switch.web");
const sensorEntity = entity(["sensor", "input_number"], "sensor entity", "sensor.web_power");
const anySensor = entity(["sensor", "binary_sensor", "input_number"], "sensor entity", "sensor.rack_temperature");

const measure = (what: string): z.ZodOptional<z.ZodUnion<readonly [z.ZodString, z.ZodLiteral<"none">]>> =>
  z
    .union([sensorEntity, z.literal("none")])
    .optional()
    .describe(`Sensor of the ${what}. Of a switch it is found by itself, if one on the same Home Assistant device measures it; none: not wanted`);
const meter = {
  power: measure("power"),
  energy: measure("energy"),
  voltage: measure("voltage"),
  current: measure("current"),
  apparentPower: measure("apparent power"),
  powerFactor: measure("power factor"),
  frequency: measure("frequency"),
} as const;

/** What a switch or meter may measure, and the point for each. */
export const meterPoints = {
  power: "meter.power",
  energy: "meter.energy",
  voltage: "meter.voltage",
  current: "meter.current",
  apparentPower: "meter.apparentPower",
  powerFactor: "meter.powerFactor",
  frequency: "meter.frequency",
} as const satisfies Readonly<Record<keyof typeof meter, PointName>>;

/** `switch.web`, or with sensors named. */
const outlet = z.union([
  switchEntity.transform((id) => ({ switch: id })),
  z.strictObject({ switch: switchEntity.describe("Switch entity, such as switch.web"), ...meter }),
]);
const partName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "is no name of a part: letters, digits, dots, - and _");

const ups = z.union([
  z
    .string()
    .regex(/^([0-9a-f]{32}|(sensor|binary_sensor)\.[a-z0-9_]+)$/, "is no device id of Home Assistant, and no entity such as sensor.office_ups_status")
    .describe("Any entity of the UPS, or the id of its device, when its integration is NUT or APC UPS Daemon"),
  z
    .strictObject({
      status: sensorEntity.describe("Sensor with the status: NUT's words (OL CHRG), or such as Online, On Battery"),
      charge: sensorEntity.optional().describe("Sensor of the battery's charge"),
      runtime: sensorEntity.optional().describe("Sensor of the time the battery lasts"),
      load: sensorEntity.optional().describe("Sensor of the load, in percent"),
      power: sensorEntity.optional().describe("Sensor of the power delivered"),
      inputVoltage: sensorEntity.optional().describe("Sensor of the mains' voltage"),
      outputVoltage: sensorEntity.optional().describe("Sensor of the voltage delivered"),
    })
    .describe("The sensors of a UPS, one by one"),
]);

const fields = {
  url: z
    .url({ protocol: /^https?$/, error: "is no address of Home Assistant, such as http://homeassistant.local:8123" })
    .optional()
    .describe("Address of Home Assistant, such as http://homeassistant.local:8123; not needed in its own add-on"),
  token: secret("Long-lived access token (profile, Security); not needed in the add-on").optional(),
  switch: switchEntity.optional().describe("Switch entity that becomes an outlet, such as switch.web"),
  ...meter,
  outlets: z
    .record(partName, outlet)
    .optional()
    .describe("Several switches as one device, by number or name: `1: switch.strip_1`, or `2: { switch: switch.strip_2, power: sensor.strip_2_power }`"),
  sensors: z
    .record(partName, z.union([anySensor.transform((id) => [id]), z.array(anySensor).min(1)]))
    .optional()
    .describe("Any sensors by name, one or several for a name: `rack: sensor.rack_temperature`. What they measure says Home Assistant"),
  ups: ups.optional().describe("A UPS of another integration: `ups: sensor.office_ups_status`"),
} as const;

export type HomeAssistantOptions = z.output<z.ZodObject<typeof fields>>;
/** Sensors of a meter as configured. */
export type MeterOptions = Pick<HomeAssistantOptions, keyof typeof meterPoints>;

/** `supervised`: we are an add-on, and have a way to Core without address and token. */
export const homeAssistantOptions = (supervised: boolean): z.ZodType<HomeAssistantOptions> =>
  z.strictObject(fields).check(({ value, issues }) => {
    const complain = (path: string, message: string): void => void issues.push({ code: "custom", path: [path], message, input: value });
    if (value.url === undefined && value.token !== undefined) complain("url", "is missing: a token belongs to an address");
    else if (value.url !== undefined && value.token === undefined) complain("token", "is missing: Home Assistant wants a long-lived access token");
    else if (value.url === undefined && !supervised) complain("url", "is missing, and token: only Home Assistant's own add-on needs neither");
    const measured = Object.keys(meterPoints).some((name) => ![undefined, "none"].includes(value[name as keyof typeof meterPoints]));
    const some = [value.switch, value.ups, ...Object.keys(value.outlets ?? {}), ...Object.keys(value.sensors ?? {})].some((one) => one !== undefined);
    if (!some && !measured) complain("switch", "is missing: name a switch, sensors such as power, outlets, or a ups");
  });
