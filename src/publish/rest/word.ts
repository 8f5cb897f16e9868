import { z } from "zod";
import { devicePattern, partPattern } from "#domain/device.ts";

/** The words that every schema of this interface uses. */
export const deviceId = z.string().regex(devicePattern).describe("The device's key in the configuration");

export const partId = z.string().max(100).regex(partPattern).describe("Part of a device, such as outlet/3");

export const moment = z.iso.datetime().describe("RFC 3339, UTC");

/** No control characters: what people write here ends up in logs and tables. */
const line = /^[^\u0000-\u001F\u007F]*$/;
export const lineOfText = (longest: number): z.ZodString => z.string().max(longest).regex(line, "one line of text, without control characters");

/** In a path, the slashes of a part may be written as they are or as %2F. */
export const pathOfDevice = z.object({ id: deviceId });
export const pathOfPart = z.object({
  id: deviceId,
  part: partId.describe("Part of the device, such as outlet/3; its slashes may be written as they are or as %2F"),
});

/** For whom a program acts. */
export const person = z
  .string()
  .regex(/^[^\u0000-\u001F\u007F]{0,100}$/, "one line of at most 100 characters")
  .describe("For whom the caller acts; stands in the audit log");
