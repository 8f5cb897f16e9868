import { capabilityOf, shortName, type PointName } from "#domain/capability.ts";
import type { Limits } from "#domain/device.ts";

/** How one variable of a device is shown, and set where it can be. */
export type VariableForm = Readonly<Record<string, unknown>> & { readonly platform: "sensor" | "number" | "select" | "text" };

/** Home Assistant wants bounds, takes no smaller step, and no longer text as a state (components/mqtt/number.py, text.py). */
const farthest = 1_000_000_000;
const finest = 0.001;
const longestText = 255;

/** What Home Assistant sends: JSON, as a name alone cannot carry the value. */
const set = { command_template: '{"command":"variable.set","value":{{ value | to_json }} }', entity_category: "config" };

const unitOf = ({ unit }: Limits): object => (unit === undefined || unit === "" ? {} : { unit_of_measurement: unit });

/**
 * What stands outside the limits that the device itself gave is shown as unknown: Home Assistant refuses it, and says so in its log with
 * every message.
 */
const numberForm = (value: string, limits: Limits): VariableForm => {
  const { least = -farthest, most = farthest, step = 1 } = limits;
  const [min, max] = least <= most ? [least, most] : [most, least];
  return {
    platform: "number",
    value_template: `{% set v = ${value} %}{{ v if v is number and ${min} <= v <= ${max} else None }}`,
    min,
    max,
    step: Math.max(step, finest),
    mode: "box",
    ...unitOf(limits),
    ...set,
  };
};

const selectForm = (value: string, options: readonly string[]): VariableForm => ({
  platform: "select",
  value_template: `{% set v = ${value} | string %}{{ v if v in ${JSON.stringify(options)} else None }}`,
  options,
  ...set,
});

/** A text that is not known is shown as empty: Home Assistant has no unknown for it, and would show the word None. */
const textForm = (value: string, { longest = longestText }: Limits): VariableForm => {
  const max = Math.min(longest, longestText);
  return { platform: "text", value_template: `{% set v = ${value} %}{{ v if v is string and v | length <= ${max} else '' }}`, max, ...set };
};

const sensorForm = (point: PointName, value: string, limits: Limits): VariableForm => ({
  platform: "sensor",
  value_template: `{{ ${value} }}`,
  ...(point === "variable.number" && { ...unitOf(limits), state_class: "measurement" }),
});

/** `writable`: this login may set it, and no lock says otherwise. */
export const variableForm = (point: PointName, limits: Limits = {}, writable: boolean): VariableForm => {
  const value = `value_json['${capabilityOf(point)}']['${shortName(point)}']`;
  if (!writable) return sensorForm(point, value, limits);
  const options = [...new Set(limits.options)];
  if (options.length > 0) return selectForm(value, options);
  return point === "variable.number" ? numberForm(value, limits) : textForm(value, limits);
};
