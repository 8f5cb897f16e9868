import { z } from "zod";
import {
  capabilities,
  capabilityOf,
  commandNames,
  pointNames,
  pointSpec,
  type Capability,
  type PointName,
  type PointSpec,
  type Value,
} from "#domain/capability.ts";
import type { Limits, PartDescription, Reading } from "#domain/device.ts";
import { faultKinds } from "#domain/fault.ts";
import { quantities } from "#domain/quantity.ts";
import { rfc3339 } from "#platform/rfc3339.ts";
import { deviceName, type Connection, type DeviceState, type Entry, type PartState } from "#store/read.ts";
import { commandName } from "./outcome-view.ts";
import { deviceId, moment, partId } from "./word.ts";

const valueSchema = (spec: PointSpec): z.ZodType => {
  switch (spec.type) {
    case "number":
      return z.number();
    case "flag":
      return z.boolean();
    case "choice":
      return z.enum(spec.options);
    case "words":
      return z.array(z.string());
    case "time":
      return moment;
    case "text":
      return z.string();
  }
};

const unitOf = (spec: PointSpec): string | undefined => (spec.type === "number" ? quantities[spec.quantity].unit : undefined);

/** Of a variable only its description says the unit. */
const unitSchema = (name: PointName, unit: string): z.ZodType => (name === "variable.number" ? z.string() : z.literal(unit));

const entrySchema = (name: PointName): z.ZodType => {
  const spec = pointSpec(name);
  const unit = unitOf(spec);
  return z
    .object({
      value: valueSchema(spec),
      ...(unit !== undefined && { unit: unitSchema(name, unit) }),
      at: moment,
      quality: z.enum(["good", "stale"]).describe("stale: read long ago, and not what is so now"),
      derived: z.literal(true).optional().describe("Worked out from other points, as the device does not give it"),
    })
    .meta({ id: `Reading.${name}` })
    .optional();
};

export const readingsSchema = z.object(Object.fromEntries(pointNames.map((name) => [name, entrySchema(name)]))).meta({ id: "Readings" });

export const connectionSchema = z
  .object({
    state: z.enum(["connecting", "online", "offline", "quarantined"]),
    since: moment,
    fault: z.enum(faultKinds).optional(),
    detail: z.string().optional(),
  })
  .meta({ id: "Connection" });

const capabilityNames = Object.keys(capabilities) as readonly Capability[];

const limitsSchema = z
  .object({
    unit: z.string().optional(),
    least: z.number().optional(),
    most: z.number().optional(),
    step: z.number().optional(),
    options: z.array(z.string()).optional().describe("The only values there are"),
    longest: z.int().optional().describe("Characters"),
  })
  .meta({ id: "Limits" })
  .describe("Of a variable: its unit, and what it takes");

export const partSchema = z
  .object({
    id: partId,
    name: z.string().describe("From the configuration, else the label, else the id"),
    label: z.string().optional().describe("The name that the device itself keeps"),
    lock: z.enum(["locked", "confirm"]).optional().describe("locked: never switched. confirm: only with a token"),
    capabilities: z.array(z.enum(capabilityNames)),
    readings: readingsSchema,
    commands: z.array(commandName),
    limits: limitsSchema.optional(),
  })
  .meta({ id: "Part" });

export const deviceSchema = z
  .object({
    id: deviceId,
    name: z.string(),
    driver: z.string(),
    area: z.string().optional(),
    connection: connectionSchema,
    manufacturer: z.string().optional(),
    model: z.string().optional(),
    serial: z.string().optional(),
    firmware: z.string().optional(),
    mac: z.array(z.string()).optional(),
    fedBy: z.array(z.object({ device: deviceId, part: partId })).describe("The outlets that carry this device"),
    parts: z.array(partSchema),
  })
  .meta({ id: "Device" });

export type PartView = z.infer<typeof partSchema>;
export type DeviceView = z.infer<typeof deviceSchema>;
export type ConnectionView = z.infer<typeof connectionSchema>;

const shown = (spec: PointSpec, value: Value): Value =>
  spec.type === "number" && typeof value === "number" ? Number(value.toFixed(quantities[spec.quantity].digits)) : value;

const entryView = (name: PointName, { value, at, quality }: Entry, { derived: all, limits }: PartDescription): unknown => {
  const spec = pointSpec(name);
  const unit = (name === "variable.number" ? limits?.unit : undefined) ?? unitOf(spec);
  const derived = all?.includes(name) === true;
  return { value: shown(spec, value), ...(unit !== undefined && { unit }), at: rfc3339(at), quality, ...(derived && { derived }) };
};

/** Only the `wanted` points, or all there are. */
export const readingsView = (part: PartState, wanted: Iterable<PointName> = part.entries.keys()): PartView["readings"] =>
  Object.fromEntries(
    [...wanted].flatMap((name) => {
      const entry = part.entries.get(name);
      return entry ? [[name, entryView(name, entry, part.description)]] : [];
    }),
  );

/** One reading that is in no store yet. */
export const readingViewSchema = z.object({
  part: partId,
  point: z.enum(pointNames),
  value: z.union([z.number(), z.boolean(), z.string(), z.array(z.string())]),
  unit: z.string().optional(),
});

/** Rounded as the quantity wants it, with its unit. */
export const shownValue = (point: PointName, value: Value): { readonly value: Value; readonly unit?: string } => {
  const spec = pointSpec(point);
  const unit = unitOf(spec);
  return { value: shown(spec, value), ...(unit !== undefined && { unit }) };
};

export const readingView = ({ part, point, value: read }: Reading): z.infer<typeof readingViewSchema> => {
  const { value, unit } = shownValue(point, read);
  return { part, point, value: typeof value === "object" ? [...value] : value, ...(unit !== undefined && { unit }) };
};

export const connectionView = ({ state, since, fault, detail }: Connection): ConnectionView => ({
  state,
  since: rfc3339(since),
  ...(fault !== undefined && { fault }),
  ...(detail !== undefined && { detail }),
});

const limitsView = ({ options, ...bounds }: Limits): PartView["limits"] => ({ ...bounds, ...(options && { options: [...options] }) });

export const partView = ({ settings }: DeviceState, part: PartState): PartView => {
  const { label, points, commands, limits } = part.description;
  const own = settings.parts[part.id];
  const found = new Set([...points, ...commands].map(capabilityOf));
  return {
    id: part.id,
    name: own?.name ?? label ?? part.id,
    ...(label !== undefined && { label }),
    ...(own?.lock && { lock: own.lock }),
    capabilities: capabilityNames.filter((name) => found.has(name)),
    readings: readingsView(part),
    commands: commandNames.filter((name) => commands.includes(name)),
    ...(limits && { limits: limitsView(limits) }),
  };
};

export const deviceView = (state: DeviceState): DeviceView => {
  const { id, settings, connection, description } = state;
  const { parts: _, mac, ...words } = description ?? { parts: [] };
  return {
    id,
    name: deviceName(state),
    driver: settings.driver,
    ...(settings.area !== undefined && { area: settings.area }),
    connection: connectionView(connection),
    ...words,
    ...(mac && { mac: [...mac] }),
    fedBy: settings.fedBy.map((outlet) => ({ ...outlet })),
    parts: [...state.parts.values()].map((part) => partView(state, part)),
  };
};
