import { expect, test } from "vitest";
import { openDatabase } from "#platform/database.ts";
import { startBroker } from "#simulator/broker.ts";
import { until } from "#test/peer/until.ts";
import { pdu, storeOf, ups } from "./mqtt-device.ts";
import { document, observe, quickClock, startPublisher, type Observer } from "./mqtt-rig.ts";

const host = "127.0.0.1";
type Components = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const nameless = (components: Components): Components => Object.fromEntries(Object.entries(components).map(([key, { name: _name, ...rest }]) => [key, rest]));
const charge = (seen: Observer): unknown => document(seen, "office-ups").components["ups_ups-charge"]?.["name"];

test("names follow the language, ids do not, and the next start knows it from the beginning", async () => {
  await using broker = await startBroker({ host });
  const url = `mqtt://${host}:${broker.port}`;
  const database = openDatabase(":memory:", () => undefined);
  const store = storeOf(ups, pdu);
  let language: string | undefined;
  await using seen = await observe(url);
  const all = (): boolean => ["office-ups", "rack-pdu"].every((id) => seen.kept.has(`homeassistant/device/rack-power_${id}/config`));
  {
    await using publisher = startPublisher(store, { url }, database, quickClock, () => language);
    await until(all, "the documents");
    expect(charge(seen)).toBe("Battery charge");
    const english = document(seen, "rack-pdu").components;
    const sent = (): number => seen.count((topic) => topic.endsWith("/config"));
    const before = sent();
    for (language of [undefined, "en-GB", "pt"]) publisher.mqtt.languageChanged();
    language = "nl";
    publisher.mqtt.languageChanged();
    await until(
      () => charge(seen) === "Acculading" && document(seen, "rack-pdu").components["inlet_meter-power"]?.["name"] === "Voeding vermogen",
      "names in Dutch",
      10_000,
    );
    expect(nameless(document(seen, "rack-pdu").components)).toEqual(nameless(english));
    await until(() => sent() >= before + 3, "each of the three documents was sent again");
    expect(sent()).toBe(before + 3);
    publisher.mqtt.languageChanged();
  }
  const before = seen.messages.length;
  const kept = new Map(seen.kept);
  language = undefined;
  await using _next = startPublisher(store, { url }, database, quickClock, () => language);
  await until(() => seen.kept.get("rack-power/status") === "online" && seen.count((topic) => topic === "rack-power/status") >= 3, "it is back");
  await until(() => seen.kept.get("rack-power/bridge")?.includes('"online":2'), "and has told all");
  const changed = seen.messages.slice(before).filter(([topic, payload]) => topic.endsWith("/config") && payload !== kept.get(topic));
  expect(changed.map(([topic]) => topic)).toEqual([]);
  expect(charge(seen)).toBe("Acculading");
});

test("a language of the configuration's own stays, whatever Home Assistant speaks", async () => {
  await using broker = await startBroker({ host });
  const url = `mqtt://${host}:${broker.port}`;
  await using seen = await observe(url);
  await using publisher = startPublisher(
    storeOf(ups),
    { url, language: "fr" },
    openDatabase(":memory:", () => undefined),
    quickClock,
    () => "es",
  );
  publisher.mqtt.languageChanged();
  await until(() => seen.kept.has("homeassistant/device/rack-power_office-ups/config"), "the document");
  expect(charge(seen)).toBe("Charge de la batterie");
});
