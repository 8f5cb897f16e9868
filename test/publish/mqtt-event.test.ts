import { expect, test } from "vitest";
import { upsEventTypes, type UpsEvent } from "#domain/ups-event.ts";
import { deviceComponents } from "#publish/mqtt/component.ts";
import { createTopics } from "#publish/mqtt/topic.ts";
import { upsEventPayload } from "#publish/mqtt/ups-event.ts";
import { english, languages, textIn } from "#publish/text/text.ts";
import { startBroker } from "#simulator/broker.ts";
import { until } from "#test/peer/until.ts";
import { bmc, pdu, storeOf, ups } from "./mqtt-device.ts";
import { observe, startPublisher } from "./mqtt-rig.ts";

const event: UpsEvent = { device: "office-ups", part: "ups", type: "on-battery", at: Date.UTC(2026, 0, 31), status: ["OB", "DISCHRG"], reason: "input failed" };
const topics = createTopics("rack-power", "homeassistant");

test("every UPS has one event entity, which is there also while the UPS is not, and no other device has one", () => {
  const events = [ups, pdu, bmc].flatMap((sample) => {
    const device = storeOf(sample).device(sample.settings.id) ?? expect.fail("no device");
    return Object.entries(deviceComponents(device, topics, english)).filter(([, { platform }]) => platform === "event");
  });
  expect(events).toEqual([
    [
      "ups_ups-event",
      {
        platform: "event",
        unique_id: "rack-power_office-ups_ups_ups-event",
        default_entity_id: "event.office_ups_event",
        name: "Event",
        state_topic: "rack-power/office-ups/ups/event",
        event_types: upsEventTypes,
        availability: [{ topic: "rack-power/status" }],
      },
    ],
  ]);
});

test("the type of an event is the same in every language, and its message is not", () => {
  const told = languages.map((language) => JSON.parse(upsEventPayload(event, textIn(language))) as Record<string, string>);
  expect(told[0]).toEqual({
    event_type: "on-battery",
    message: "on battery",
    device: "office-ups",
    part: "ups",
    at: "2026-01-31T00:00:00.000Z",
    status: "OB DISCHRG",
    reason: "input failed",
  });
  expect(new Set(told.map((one) => one["event_type"])).size).toBe(1);
  expect(new Set(told.map((one) => one["message"])).size).toBe(languages.length);
  expect(JSON.parse(upsEventPayload({ ...event, type: "flicker", lasted: 2 }, english))).toMatchObject({ event_type: "flicker", lasted: 2 });
});

test("an event is told once and kept by nobody: who comes later does not hear it", async () => {
  await using broker = await startBroker({ host: "127.0.0.1" });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await using publisher = startPublisher(storeOf(ups, pdu), { url });
  await using seen = await observe(url);
  await until(() => seen.kept.get("rack-power/status") === "online", "the publisher is there");
  publisher.events.tell(event);
  const topic = "rack-power/office-ups/ups/event";
  await until(() => seen.count((one) => one === topic) > 0, "the event");
  await using late = await observe(url);
  await until(() => late.kept.get("rack-power/status") === "online", "what is kept");
  expect([seen.count((one) => one === topic), late.count((one) => one === topic), seen.kept.has(topic)]).toEqual([1, 0, false]);
  expect(publisher.events.listeners()).toBe(1);
  await publisher[Symbol.asyncDispose]();
  expect(publisher.events.listeners()).toBe(0);
});
