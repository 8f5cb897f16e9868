import { z } from "zod";
import { devicePattern, partPattern, type PartSettings } from "#domain/device.ts";

export const devicePatternText = "small letters, digits, - and _, at most 64, beginning with a letter or digit";

const seconds = { ms: 0.001, s: 1, m: 60, h: 3600 } as const;
const span = /^(?<number>\d+(?:\.\d+)?) ?(?<unit>ms|s|m|h)$/;

/** `10s`, `500ms`, `1m`, or a number of seconds → seconds, from `least` to an hour. */
const spanOf = (least: number, range: string): z.ZodType<number, number | string> =>
  z.union([z.number(), z.string().regex(span, "is no span of time")]).transform((value, context) => {
    const parts = typeof value === "string" ? span.exec(value)?.groups : undefined;
    const length = parts ? Number(parts["number"]) * seconds[parts["unit"] as keyof typeof seconds] : Number(value);
    if (length < least || length > seconds.h) context.addIssue({ code: "custom", message: `must be from ${range}` });
    return length;
  });

export const interval = spanOf(0.2, "200ms to 1h").describe("Time between polls, such as 10s, 500ms, 1m, or a number of seconds");

const onBatteryAfter = spanOf(0, "0s to 1h").describe("Of a UPS: time on battery that is no more than a flicker, such as 10s; 5s when it is not said");

const outlet = z
  .string()
  .regex(new RegExp(`${devicePattern.source.slice(0, -1)}/${partPattern.source.slice(1)}`), "is no device and part")
  .describe("Device and part, such as rack-pdu/outlet/5")
  .transform((text) => ({ device: text.slice(0, text.indexOf("/")), part: text.slice(text.indexOf("/") + 1) }));

const part = z.strictObject({
  name: z.string().min(1).exactOptional().describe("What people call it; else the label on the device"),
  lock: z.enum(["locked", "confirm"]).exactOptional().describe("locked: never switched. confirm: only with a token"),
  allowHomeAssistant: z.boolean().exactOptional().describe("With lock: confirm, and for what drops the load of a UPS: Home Assistant may do it all the same"),
  feedsThisHost: z.boolean().exactOptional().describe("Carries the machine this program runs on; never switched off"),
}) satisfies z.ZodType<PartSettings>;

/** The keys that every device has, whatever its driver. */
export const deviceShape = {
  name: z.string().min(1).exactOptional().describe("What people call it; else its id"),
  area: z.string().min(1).exactOptional().describe("Area in Home Assistant"),
  fedBy: z
    .union([outlet.transform((one) => [one]), z.array(outlet)])
    .default([])
    .describe("Outlets that carry this device, such as rack-pdu/outlet/5"),
  interval: interval.default(10),
  onBatteryAfter: onBatteryAfter.exactOptional(),
  parts: z.record(z.string().regex(partPattern, "is no part, such as outlet/3"), part).default({}).describe("Settings of single parts, such as outlet/3"),
} as const;
export const commonKeys = Object.keys(deviceShape) as readonly (keyof typeof deviceShape)[];
