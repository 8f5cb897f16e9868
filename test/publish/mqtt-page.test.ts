import { expect, test } from "vitest";
import { openDatabase } from "#platform/database.ts";
import { startBroker } from "#simulator/broker.ts";
import { until } from "#test/peer/until.ts";
import { pdu, storeOf, ups } from "./mqtt-device.ts";
import { document, observe, quickClock, startPublisher, type Observer, type Publisher } from "./mqtt-rig.ts";

const host = "127.0.0.1";
const devices = ["office-ups", "rack-pdu"] as const;
const linkOf = (seen: Observer, id: string): string | undefined =>
  (document(seen, id) as unknown as { device: { configuration_url?: string } }).device.configuration_url;
const bridgeLink = (seen: Observer): string | undefined =>
  (JSON.parse(seen.kept.get("homeassistant/device/rack-power/config") ?? "{}") as { device?: { configuration_url?: string } }).device?.configuration_url;
const isDocument = (topic: string): boolean => topic.endsWith("/config");
const complete = (seen: Observer): boolean =>
  devices.every((id) => seen.kept.has(`homeassistant/device/rack-power_${id}/config`)) && bridgeLink(seen) !== undefined;

test("each device links to its place on our page in Home Assistant; known once, no start publishes anything twice", async () => {
  await using broker = await startBroker({ host });
  const url = `mqtt://${host}:${broker.port}`;
  const database = openDatabase(":memory:", () => undefined);
  const store = storeOf(ups, pdu);
  let page: string | undefined;
  const start = (): Publisher => startPublisher(store, { url }, database, quickClock, undefined, () => page);
  await using seen = await observe(url);
  {
    await using publisher = start();
    await until(() => complete(seen), "the documents");
    expect(devices.map((id) => linkOf(seen, id))).toEqual([undefined, undefined]);
    publisher.mqtt.pageMoved();
    page = "homeassistant://app/a0b1c2d3_rack_power";
    publisher.mqtt.pageMoved();
    const links = devices.map((id) => `${page}/device/${id}`);
    await until(() => devices.every((id, at) => linkOf(seen, id) === links[at]) && bridgeLink(seen) === page, "the links", 10_000);
    // Each of the three once without and once with its link.
    expect(seen.count(isDocument)).toBe(6);
    publisher.mqtt.pageMoved();
  }
  const kept = new Map(seen.kept);
  page = undefined;
  const before = seen.messages.length;
  await using next = start();
  await until(() => seen.messages.slice(before).some(([topic, payload]) => topic === "rack-power/bridge" && payload.includes('"online":2')), "it is back");
  page = "homeassistant://app/a0b1c2d3_rack_power";
  next.mqtt.pageMoved();
  store.settle({ ...ups.settings, name: "Another name" }, { state: "online", since: 1 });
  await until(() => seen.kept.get("homeassistant/device/rack-power_office-ups/config")?.includes("Another name"), "what is changed", 10_000);
  const changed = seen.messages.slice(before).filter(([topic, payload]) => isDocument(topic) && payload !== kept.get(topic));
  expect(changed.map(([topic]) => topic)).toEqual(["homeassistant/device/rack-power_office-ups/config"]);
  expect(linkOf(seen, "office-ups")).toBe("homeassistant://app/a0b1c2d3_rack_power/device/office-ups");
});

test("outside of Home Assistant no device has a link, also on a database that came from there", async () => {
  await using broker = await startBroker({ host });
  const url = `mqtt://${host}:${broker.port}`;
  const database = openDatabase(":memory:", () => undefined);
  database.run("insert into setting (key, value) values ('page', 'homeassistant://app/old')");
  await using seen = await observe(url);
  await using publisher = startPublisher(storeOf(ups, pdu), { url }, database);
  await until(() => complete(seen), "the documents");
  publisher.mqtt.pageMoved();
  expect([bridgeLink(seen), ...devices.map((id) => linkOf(seen, id))]).toEqual(["https://example.org/rack-power", undefined, undefined]);
});
