import { capabilityOf, commandSpec, pointSpec, shortName, type CommandName, type PointName } from "#domain/capability.ts";
import { openToHomeAssistant, type PartSettings } from "#domain/device.ts";
import { quantities } from "#domain/quantity.ts";
import { upsEventTypes } from "#domain/ups-event.ts";
import type { DeviceState, PartState } from "#store/read.ts";
import type { Text } from "../text/text.ts";
import { entityName, partName } from "./part-name.ts";
import { buttonClasses, flagClasses, seldomWanted, seldomWantedOfMany, seldomWantedOfSensors, switches } from "./point-class.ts";
import { quantityClasses } from "./quantity-class.ts";
import { identifier, type Topics } from "./topic.ts";
import { tellsEvents } from "./ups-event.ts";
import { variableForm } from "./variable-form.ts";

export type Platform = "sensor" | "binary_sensor" | "switch" | "button" | "event" | "number" | "select" | "text";
/** One entity in a discovery document. */
export type Component = { readonly platform: Platform } & Readonly<Record<string, unknown>>;
export type Components = Readonly<Record<string, Component>>;

/** Parts that are the device itself: an entity id need not say it twice. */
const selves: ReadonlySet<string> = new Set(["ups", "chassis"]);
/** So many sensors of one device are a crowd. */
const crowd = 12;
const kindOf = (part: string): string => part.split("/")[0] ?? part;

/** Letters, digits and single underscores, as entity ids want them. */
export const slug = (text: string): string =>
  text
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

/**
 * `outlet-3_outlet-on`. Made of part and point or command alone, so that no name, address or order changes it. An underscore of the part
 * becomes a colon, which no part can hold: thus no two parts, and no two pairs of device and part, share a key.
 */
export const componentKey = (part: string, name: PointName | CommandName | "ups.event"): string =>
  `${part.replaceAll("_", ":").replaceAll("-", "--").replaceAll("/", "-")}_${name.replace(".", "-")}`;
/** A button's key says so: `chassis.on` is a point as well as a command. */
const buttonKey = (part: string, name: CommandName): string => `${componentKey(part, name)}-command`;

/** The commands Home Assistant may offer. The bus refuses the others all the same; here nobody even sees them. */
export const offeredCommands = (commands: readonly CommandName[], settings: PartSettings | undefined): readonly CommandName[] =>
  commands.filter((command) => {
    const { guarded, interrupts } = commandSpec(command);
    return openToHomeAssistant(settings, guarded) && !(settings?.feedsThisHost === true && interrupts);
  });

interface Place {
  readonly device: DeviceState;
  readonly part: PartState;
  readonly topics: Topics;
  readonly text: Text;
  readonly name: string;
  /** The part is one of several of its kind. */
  readonly many: boolean;
}

const isVariable = (name: PointName | CommandName): boolean => capabilityOf(name) === "variable";
const value = (point: PointName): string => `value_json['${capabilityOf(point)}']['${shortName(point)}']`;

/** What all entities have. The entity id is only proposed: Home Assistant keeps the one it has. */
const common = ({ device, part }: Place, platform: Platform, name: PointName | CommandName, title: string): Component => {
  // A variable's own name says all: `number.office_ups_ups_delay_start`.
  const word = (shortName(name) === "on" && platform !== "button") || isVariable(name) ? "" : shortName(name);
  const key = platform === "button" ? buttonKey(part.id, name as CommandName) : componentKey(part.id, name);
  return {
    platform,
    unique_id: `${identifier(device.id)}_${key}`,
    default_entity_id: `${platform}.${slug(`${device.id}_${selves.has(part.id) ? "" : part.id.replace(/^variable\//, "")}_${word}`)}`,
    name: title,
  };
};

const isSeldomWanted = ({ device, part, many }: Place, point: PointName): boolean => {
  if (seldomWanted.has(point)) return true;
  const kind = kindOf(part.id);
  if (kind === "sensor") return device.parts.size > crowd && seldomWantedOfSensors.has(point);
  return many && seldomWantedOfMany.has(point) && !(point === "meter.current" && kind !== "outlet");
};

const prominence = (place: Place, point: PointName): Readonly<Record<string, unknown>> => {
  const ofBmc = kindOf(place.part.id) === "sensor" && place.device.parts.has("chassis");
  return {
    ...((pointSpec(point).role === "diagnostic" || ofBmc) && { entity_category: "diagnostic" }),
    ...(isSeldomWanted(place, point) && { enabled_by_default: false }),
  };
};

/** A part that is a sensor with one value, or a variable, needs no word for what it measures: its name says it. */
const pointTitle = ({ part, name, text }: Place, point: PointName): string => {
  if (isVariable(point) && name !== "") return name;
  const speaksForItself = kindOf(part.id) === "sensor" && name !== "" && part.description.points.length === 1;
  return entityName(name, speaksForItself ? "" : text.point[point]) || entityName("", shortName(point));
};

/** What kind of entity shows the point. Absent values come as `None`, which Home Assistant shows as unknown. */
const shape = (point: PointName): Component => {
  const spec = pointSpec(point);
  switch (spec.type) {
    case "number":
      return {
        platform: "sensor",
        value_template: `{{ ${value(point)} }}`,
        ...quantityClasses[spec.quantity],
        suggested_display_precision: quantities[spec.quantity].digits,
      };
    case "flag": {
      const deviceClass = flagClasses[point as keyof typeof flagClasses];
      // Python's spelling: the template prints the value itself, so that null stays None instead of "off".
      return {
        platform: "binary_sensor",
        value_template: `{{ ${value(point)} }}`,
        payload_on: "True",
        payload_off: "False",
        ...(deviceClass !== null && { device_class: deviceClass }),
      };
    }
    case "choice":
      return { platform: "sensor", value_template: `{{ ${value(point)} }}`, device_class: "enum", options: spec.options };
    case "words":
      return { platform: "sensor", value_template: `{{ ${value(point)} | join(' ') if ${value(point)} else None }}` };
    case "time":
      return { platform: "sensor", value_template: `{{ ${value(point)} }}`, device_class: "timestamp" };
    case "text":
      return { platform: "sensor", value_template: `{{ ${value(point)} }}` };
  }
};

const isDerived = ({ part }: Place, point: PointName): boolean => part.description.derived?.includes(point) === true;

const pointComponent = (place: Place, point: PointName): Component => {
  const form = shape(point);
  const topic = place.topics.state(place.device.id, place.part.id);
  return {
    ...common(place, form.platform, point, pointTitle(place, point)),
    state_topic: topic,
    ...form,
    ...prominence(place, point),
    ...(isDerived(place, point) && { json_attributes_topic: topic, json_attributes_template: '{"derived": true}' }),
  };
};

const variableComponent = (place: Place, point: PointName, offered: readonly CommandName[]): Component => {
  const { device, part, topics } = place;
  const form = variableForm(point, part.description.limits, offered.includes("variable.set"));
  return {
    ...common(place, form.platform, point, pointTitle(place, point)),
    state_topic: topics.state(device.id, part.id),
    ...(form.platform !== "sensor" && { command_topic: topics.command(device.id, part.id) }),
    ...prominence(place, point),
    ...form,
  };
};

const switchComponent = (place: Place, point: PointName, by: NonNullable<(typeof switches)[PointName]>): Component => ({
  ...common(place, "switch", point, pointTitle(place, point)),
  device_class: by.device_class,
  state_topic: place.topics.state(place.device.id, place.part.id),
  value_template: `{{ ${value(point)} }}`,
  state_on: "True",
  state_off: "False",
  // At QoS 0, Home Assistant's default: a client that lost its broker drops such a command instead of sending it much later.
  command_topic: place.topics.command(place.device.id, place.part.id),
  payload_on: by.on,
  payload_off: by.off,
});

const buttonComponent = (place: Place, command: CommandName): Component => ({
  ...common(place, "button", command, entityName(place.name, place.text.command[command])),
  command_topic: place.topics.command(place.device.id, place.part.id),
  payload_press: command,
  ...buttonClasses[command],
});

/** Available as long as the program is: that the UPS is away is one of the things it tells. */
const eventComponent = ({ device, part, topics, text, name }: Place): Component => ({
  platform: "event",
  unique_id: `${identifier(device.id)}_${componentKey(part.id, "ups.event")}`,
  default_entity_id: `event.${slug(`${device.id}_${selves.has(part.id) ? "" : part.id}_event`)}`,
  name: entityName(name, text.event.name),
  state_topic: topics.event(device.id, part.id),
  event_types: upsEventTypes,
  availability: [{ topic: topics.status }],
});

const partComponents = (place: Place): readonly (readonly [string, Component])[] => {
  const { device, part } = place;
  const offered = offeredCommands(part.description.commands, device.settings.parts[part.id]);
  const carried = new Set<CommandName>();
  const points = part.description.points.map((point) => {
    if (isVariable(point)) return [componentKey(part.id, point), variableComponent(place, point, offered)] as const;
    const by = switches[point];
    if (!by || !offered.includes(by.on) || !offered.includes(by.off)) return [componentKey(part.id, point), pointComponent(place, point)] as const;
    carried.add(by.on).add(by.off);
    return [componentKey(part.id, point), switchComponent(place, point, by)] as const;
  });
  // A button has no value to give.
  const pressed = offered.filter((command) => !carried.has(command) && commandSpec(command).value?.needed !== true);
  const buttons = pressed.map((command) => [buttonKey(part.id, command), buttonComponent(place, command)] as const);
  return [...points, ...buttons, ...(tellsEvents(part.description) ? [[componentKey(part.id, "ups.event"), eventComponent(place)] as const] : [])];
};

/** Every entity of the device, by its key. */
export const deviceComponents = (device: DeviceState, topics: Topics, text: Text): Components => {
  const kinds = new Map<string, number>();
  for (const id of device.parts.keys()) kinds.set(kindOf(id), (kinds.get(kindOf(id)) ?? 0) + 1);
  return Object.fromEntries(
    [...device.parts.values()].flatMap((part) =>
      partComponents({ device, part, topics, text, name: partName(device, part, text), many: (kinds.get(kindOf(part.id)) ?? 0) > 1 }),
    ),
  );
};
