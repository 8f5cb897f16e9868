import type { PartDescription } from "#domain/device.ts";
import type { UpsEvent } from "#domain/ups-event.ts";
import { rfc3339 } from "#platform/rfc3339.ts";
import type { Text } from "../text/text.ts";

/** A part to which something can happen, as it tells its status. */
export const tellsEvents = ({ points }: PartDescription): boolean => points.includes("ups.status") || points.includes("ups.onBattery");

/**
 * What happened to a UPS, as an event of Home Assistant. The type is the same in every language, as automations name it; the message is for people.
 */
export const upsEventPayload = ({ device, part, type, at, status, lasted, reason }: UpsEvent, text: Text): string =>
  JSON.stringify({
    event_type: type,
    message: text.event[type],
    device,
    part,
    at: rfc3339(at),
    status: status.join(" "),
    ...(lasted !== undefined && { lasted }),
    ...(reason !== undefined && { reason }),
  });
