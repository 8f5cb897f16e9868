import { deviceName, type DeviceState, type PartState } from "#store/read.ts";
import type { Text } from "../text/text.ts";

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** One line without what a terminal or a person cannot show; undefined when nothing is left. */
const clean = (text: string | undefined): string | undefined => text?.replace(/[\p{C}\s]+/gu, " ").trim() || undefined;

/** Home Assistant puts the device's name in front of every entity: "PDU PDU Outlet 1" says it twice. */
const withoutDevice = (name: string, device: string): string => {
  const rest = name.toLowerCase().startsWith(device.toLowerCase()) ? name.slice(device.length) : "";
  return /^[\s:_-]+\S/.test(rest) ? rest.replace(/^[\s:_-]+/, "") : name;
};

/** What the part is called: by the configuration, by the device itself, else by its kind and number. Empty for the part that is the device. */
export const partName = (device: DeviceState, part: PartState, text: Text): string => {
  const given = clean(device.settings.parts[part.id]?.name) ?? clean(part.description.label);
  if (given !== undefined) return withoutDevice(given, deviceName(device));
  // As the device calls it: whoever looks for `ups.delay.start` in its manual finds it.
  if (part.id.startsWith("variable/")) return part.id.slice("variable/".length);
  const words = part.id.split("/").map((segment, level) => text.part[segment] ?? (level === 0 ? segment.replaceAll("-", " ") : segment));
  return capitalised(words.join(" ").trim());
};

/** "NAS", "NAS power", "Battery charge". */
export const entityName = (part: string, what: string): string => capitalised([part, what].filter((word) => word !== "").join(" "));
