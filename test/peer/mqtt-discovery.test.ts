import { expect, test } from "vitest";
import { openDatabase } from "#platform/database.ts";
import { createStore } from "#store/store.ts";
import { addSample, bmc, offline, online, pdu, settings, storeOf, ups } from "#test/publish/mqtt-device.ts";
import { document, observe, startPublisher } from "#test/publish/mqtt-rig.ts";
import { startMosquitto } from "./mosquitto.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

describeWithPeer("discovery and states at mosquitto", await debianPackages("mosquitto"), (peer) => {
  test("states and availability are there before the program says that it is, hubs before what they feed", async () => {
    await using broker = await startMosquitto(peer);
    await using seen = await observe(broker.url);
    await using publisher = startPublisher(storeOf(bmc, pdu, ups), { url: broker.url });
    await until(() => seen.count((topic) => topic.endsWith("/config")) === 4, "four documents");
    const order = seen.messages.map(([topic]) => topic);
    const birth = order.indexOf("rack-power/status");
    expect(seen.messages[birth]?.[1]).toBe("online");
    for (const topic of ["rack-power/web/status", "rack-power/rack-pdu/outlet/24", "rack-power/office-ups/ups"])
      expect(order.indexOf(topic)).toSatisfy((at: number) => at >= 0 && at < birth);
    expect(order.filter((topic) => topic.endsWith("/config")).map((topic) => topic.split("/")[2])).toEqual([
      "rack-power",
      "rack-power_office-ups",
      "rack-power_rack-pdu",
      "rack-power_web",
    ]);
    expect(seen.messages.every(([, , packet]) => packet.retain)).toBe(true);
    expect(JSON.parse(seen.kept.get("rack-power/rack-pdu/outlet/4") ?? "")).toEqual({
      outlet: { on: false, pending: false, label: null },
      meter: { power: 30, energy: 3.25, current: null },
    });
    expect(publisher.mqtt.status()).toEqual({ state: "connected", protocol: 5 });
    expect(publisher.lines).toHaveLength(1);
  });

  test("a change is one message per part, and what reads the same is none", async () => {
    await using broker = await startMosquitto(peer);
    const store = storeOf(ups);
    await using _publisher = startPublisher(store, { url: broker.url });
    await using seen = await observe(broker.url, ["rack-power/office-ups/#"]);
    await until(() => seen.kept.size === 4, "three parts and the availability");
    const before = seen.messages.length;
    store.put(
      "office-ups",
      [
        { part: "input", point: "meter.voltage", value: 231.5 },
        { part: "input", point: "meter.frequency", value: 49.9 },
      ],
      2,
    );
    store.put("office-ups", [{ part: "output", point: "meter.voltage", value: 229.9004 }], 2);
    store.expire("office-ups", Number.POSITIVE_INFINITY, (part) => part === "ups");
    store.connect("office-ups", offline);
    await until(() => seen.kept.get("rack-power/office-ups/status") === "offline", "offline");
    expect(seen.messages.slice(before).map(([topic]) => topic)).toEqual([
      "rack-power/office-ups/input",
      "rack-power/office-ups/ups",
      "rack-power/office-ups/status",
    ]);
    expect(JSON.parse(seen.kept.get("rack-power/office-ups/input") ?? "")).toEqual({ meter: { voltage: 231.5, frequency: 49.9 } });
    expect(JSON.parse(seen.kept.get("rack-power/office-ups/ups") ?? "")).toMatchObject({
      ups: { charge: null, status: null, onBattery: null },
      meter: { power: null },
    });
  });

  test("what is gone leaves by a marker first, and a removed device leaves nothing; others' topics stay", async () => {
    await using broker = await startMosquitto(peer);
    await using seen = await observe(broker.url);
    await seen.client.publishAsync("homeassistant/device/other_web/config", "{}", { retain: true });
    const store = storeOf(pdu, bmc);
    await using _publisher = startPublisher(store, { url: broker.url });
    await until(
      () => seen.kept.has("homeassistant/device/rack-power_web/config") && seen.kept.has("homeassistant/device/rack-power_rack-pdu/config"),
      "documents",
    );
    store.describe("web", { parts: bmc.description.parts.filter(({ id }) => id === "chassis") });
    store.settle({ ...pdu.settings, parts: { "outlet/1": { lock: "locked" } } }, online);
    await until(() => document(seen, "web").components["sensor-temp:0_sensor-temperature"]?.["unique_id"] === undefined, "markers", 8000);
    expect(document(seen, "web").components["sensor-temp:0_sensor-temperature"]).toEqual({ platform: "sensor" });
    expect(document(seen, "rack-pdu").components["outlet-1_outlet-on"]).toEqual({ platform: "switch" });
    await until(() => document(seen, "web").components["sensor-temp:0_sensor-temperature"] === undefined, "the final document", 8000);
    await until(() => document(seen, "rack-pdu").components["outlet-1_outlet-on"]?.["platform"] === "binary_sensor", "a sensor instead of a switch");
    await until(() => !seen.kept.has("rack-power/web/sensor/temp_0"), "state topics of the parts are empty", 8000);
    store.remove("web");
    await until(() => ![...seen.kept.keys()].some((topic) => topic.includes("web") && !topic.includes("other_web")), "nothing of the device", 15_000);
    expect(seen.kept.get("homeassistant/device/other_web/config")).toBe("{}");
  });

  test("what was removed while the program was dead is swept at the next start, also by another prefix", async () => {
    await using broker = await startMosquitto(peer);
    await using seen = await observe(broker.url);
    const database = openDatabase(":memory:", () => undefined);
    await using first = startPublisher(storeOf(pdu, ups), { url: broker.url }, database);
    await until(() => seen.kept.has("homeassistant/device/rack-power_rack-pdu/config"), "documents");
    await first[Symbol.asyncDispose]();
    await using _second = startPublisher(storeOf(ups), { url: broker.url, discoveryPrefix: "ha" }, database);
    await until(() => seen.kept.has("ha/device/rack-power_office-ups/config") && seen.kept.has("ha/device/rack-power/config"), "the new documents");
    await until(() => ![...seen.kept.keys()].some((topic) => topic.startsWith("homeassistant/") || topic.includes("rack-pdu")), "nothing old", 10_000);
    // A row goes when the broker has acknowledged that its topic is empty, and that is after the observer has heard of it.
    const ledger = (): ReadonlySet<string> => new Set(database.all<{ topic: string }>("select topic from published").map(({ topic }) => topic));
    const kept = (): ReadonlySet<string> => new Set(seen.kept.keys());
    await until(() => ledger().symmetricDifference(kept()).size === 0, "the ledger says what the broker keeps").catch(() => undefined);
    expect(ledger()).toEqual(kept());
  });

  test("after a restart only what changed is sent; a broker without memory gets everything, and so does whoever asks", async () => {
    await using broker = await startMosquitto(peer);
    const database = openDatabase(":memory:", () => undefined);
    await using seen = await observe(broker.url);
    const documents = (): number => seen.count((topic, payload) => topic.endsWith("/config") && payload !== "");
    await using first = startPublisher(storeOf(pdu, ups), { url: broker.url }, database);
    await until(() => documents() === 3, "documents");
    await until(() => (JSON.parse(seen.kept.get("rack-power/bridge") ?? "{}") as { edition?: number }).edition === 1, "the edition");
    await first[Symbol.asyncDispose]();
    await until(() => seen.kept.get("rack-power/status") === "offline", "the good-bye");
    const store = storeOf(pdu, ups, bmc);
    await using second = startPublisher(store, { url: broker.url }, database);
    await until(() => documents() === 4, "the new one alone");
    await until(() => (JSON.parse(seen.kept.get("rack-power/bridge") ?? "{}") as { edition?: number }).edition === 2, "the edition");
    second.mqtt.republish();
    await until(() => documents() === 8, "all again", 10_000);
    await broker.stop("SIGKILL");
    await until(() => second.mqtt.status().state === "connecting", "noticed");
    await broker.start();
    await until(() => seen.client.connected, "the observer is back");
    await until(() => documents() >= 12, "all again", 10_000);
    expect(seen.kept.get("rack-power/status")).toBe("online");
    expect(second.lines).toEqual([
      "INFO: connected to broker with MQTT 5",
      // A killed process leaves an end or, when something of ours was still unread, a reset.
      expect.stringMatching(/^WARN: broker: the connection to the broker (is lost|broke: read ECONNRESET); trying again$/),
      "INFO: connected to broker again",
    ]);
  });

  test("who deletes the device in Home Assistant is not contradicted, until he asks or configures", async () => {
    await using broker = await startMosquitto(peer);
    await using seen = await observe(broker.url);
    const store = createStore();
    addSample(store, ups);
    await using publisher = startPublisher(store, { url: broker.url });
    const topic = "homeassistant/device/rack-power_office-ups/config";
    await until(() => seen.kept.has(topic), "the document");
    await seen.client.publishAsync(topic, "", { retain: true });
    await until(() => publisher.lines.some((line) => line.includes("deleted in Home Assistant")), "a line");
    store.describe("office-ups", { ...ups.description, firmware: "newer" });
    store.settle(settings("witness"), online);
    store.describe("witness", { parts: [] });
    await until(() => seen.kept.has("homeassistant/device/rack-power_witness/config"), "another document", 8000);
    expect(seen.kept.has(topic)).toBe(false);
    publisher.mqtt.republish();
    await until(() => seen.kept.has(topic), "asked for", 10_000);
    await seen.client.publishAsync(topic, "", { retain: true });
    await until(() => publisher.lines.filter((line) => line.includes("deleted in Home Assistant")).length === 2, "a line");
    store.settle({ ...ups.settings, name: "Cellar UPS" }, online);
    await until(() => seen.kept.has(topic), "configured anew", 10_000);
  });
});
