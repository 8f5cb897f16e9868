import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Secret } from "#domain/secret.ts";
import { openDatabase } from "#platform/database.ts";
import { offline, pdu, storeOf, ups } from "#test/publish/mqtt-device.ts";
import { observe, startPublisher } from "#test/publish/mqtt-rig.ts";
import { startMosquitto } from "./mosquitto.ts";
import { packetType, startRelay } from "./mqtt-relay.ts";
import { freePort } from "./port.ts";
import { startProcess } from "./process.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

/** Where the protocol's version stands in CONNECT: fixed header of two bytes (the packet is short), "MQTT" with its length. */
const versionOf = (connect: Buffer): number => connect.subarray(connect.indexOf("MQTT") + 4)[0] ?? 0;
const isConnect = (sent: Buffer): boolean => sent[0] === packetType.connect;

describeWithPeer("the connection to mosquitto", await debianPackages("mosquitto"), (peer) => {
  test("a broker that is away at the start is said once, and its coming too", async () => {
    const port = await freePort("tcp");
    await using publisher = startPublisher(storeOf(ups), { url: `mqtt://127.0.0.1:${port}` });
    expect(publisher.mqtt.status()).toEqual({ state: "connecting" });
    await until(() => publisher.lines.length > 0, "a line");
    expect(publisher.mqtt.status()).toMatchObject({ state: "connecting", detail: expect.stringContaining("does not answer") as string });
    await using broker = await startMosquitto(peer);
    await using _relay = await startRelay(broker.port, () => undefined, port);
    await until(() => publisher.mqtt.status().state === "connected", "connected");
    expect(publisher.lines).toEqual([
      expect.stringMatching(/^WARN: broker: the broker does not answer: .*ECONNREFUSED.*; trying again$/),
      "INFO: connected to broker with MQTT 5",
    ]);
  });

  test("a connection that breaks is made anew with the true state, and the will is seen meanwhile", async () => {
    await using broker = await startMosquitto(peer);
    await using relay = await startRelay(broker.port);
    const store = storeOf(ups);
    await using publisher = startPublisher(store, { url: relay.url });
    await using seen = await observe(broker.url);
    await until(() => seen.kept.get("rack-power/bridge")?.includes('"edition":1'), "everything is out");
    const before = seen.messages.length;
    relay.cut();
    await until(() => publisher.mqtt.status().state === "connecting", "noticed");
    store.put("office-ups", [{ part: "ups", point: "ups.charge", value: 12 }], 3);
    store.connect("office-ups", offline);
    await until(() => publisher.lines.length === 3, "back");
    const told = (): readonly string[] => seen.messages.slice(before).flatMap(([topic, payload]) => (topic === "rack-power/status" ? [payload] : []));
    // The observer may hear of the will only after we are back: what it knew before says "online" too.
    await until(() => told().length >= 2, "the will and the new birth");
    expect(told()).toEqual(["offline", "online"]);
    expect(seen.kept.get("rack-power/office-ups/status")).toBe("offline");
    expect(JSON.parse(seen.kept.get("rack-power/office-ups/ups") ?? "")).toMatchObject({ ups: { charge: 12 } });
    expect(seen.messages.slice(before).filter(([topic]) => topic.endsWith("/config"))).toEqual([]);
  });

  test("Home Assistant's birth brings availability and states again, its death nothing", async () => {
    await using broker = await startMosquitto(peer);
    await using _publisher = startPublisher(storeOf(ups), { url: broker.url });
    await using seen = await observe(broker.url, ["rack-power/#"]);
    await until(() => seen.kept.get("rack-power/bridge")?.includes('"edition":1'), "everything is out");
    const before = seen.messages.length;
    await seen.client.publishAsync("homeassistant/status", "offline");
    await seen.client.publishAsync("homeassistant/status", "online");
    await until(() => seen.messages.length >= before + 6, "all again");
    expect(
      seen.messages
        .slice(before)
        .map(([topic]) => topic.replace("rack-power/", ""))
        .sort(),
    ).toEqual(["bridge", "office-ups/input", "office-ups/output", "office-ups/status", "office-ups/ups", "status"]);
  });

  test("a broker that refuses version 5, or hangs up on it, gets 3.1.1", async () => {
    await using broker = await startMosquitto(peer);
    const refusal = Buffer.from([0x20, 2, 0, 1]);
    for (const answer of [refusal, Buffer.alloc(0)]) {
      await using relay = await startRelay(broker.port, (sent) => (isConnect(sent) && versionOf(sent) === 5 ? { refuse: answer } : undefined));
      await using publisher = startPublisher(storeOf(ups), { url: relay.url });
      await using seen = await observe(broker.url);
      await until(() => publisher.mqtt.status().protocol === 4, "connected by 3.1.1");
      await until(() => seen.kept.get("rack-power/status") === "online" && seen.kept.has("homeassistant/device/rack-power_office-ups/config"), "published");
      await seen.client.publishAsync("rack-power/office-ups/ups/command", "ups.test");
      await until(() => publisher.bus.submitted.length === 1, "a command");
      expect(publisher.lines.filter((line) => line.includes("MQTT 3.1.1"))).toHaveLength(1);
      expect(publisher.lines.some((line) => line.includes("deleted in Home Assistant"))).toBe(false);
    }
  });

  test("own authority and client certificate; a stranger's certificate and an unknown authority are said clearly", async () => {
    await using broker = await startMosquitto(peer, { tls: "client certificate" });
    const { url, certificates } = broker.tls ?? expect.fail("no TLS");
    const ca = readFileSync(certificates.ca, "utf8");
    const pair = (who: { readonly certificate: string; readonly key: string }): { cert: Buffer; key: Buffer } => ({
      cert: readFileSync(who.certificate),
      key: readFileSync(who.key),
    });
    await using good = startPublisher(storeOf(ups), { url, tls: { ca, ...pair(certificates.client) } });
    await until(() => good.mqtt.status().state === "connected", "connected");
    await using unknown = startPublisher(storeOf(ups), { url, clientId: "b", tls: pair(certificates.client) });
    await using stranger = startPublisher(storeOf(ups), { url, clientId: "c", tls: { ca, ...pair(certificates.stranger) } });
    await using broken = startPublisher(storeOf(ups), { url, clientId: "d", tls: { ca, cert: "no certificate", key: "no key" } });
    for (const publisher of [unknown, stranger, broken]) {
      await until(() => publisher.mqtt.status().state === "refused", "refused");
      expect(publisher.mqtt.status().detail).toMatch(/certificate|encrypted connection/);
      expect(publisher.lines).toEqual([expect.stringMatching(/^ERROR: broker: .*; trying again$/)]);
    }
  });

  test("a wrong password is said once and tells no secret", async () => {
    await using broker = await startMosquitto(peer, { users: { rack: "right horse" } });
    await using publisher = startPublisher(storeOf(ups), { url: broker.url, username: "rack", password: new Secret("wrong horse") });
    await until(() => publisher.mqtt.status().state === "refused", "refused");
    expect(publisher.mqtt.status().detail).toMatch(/not allow|password/);
    expect(publisher.lines).toHaveLength(1);
    expect(publisher.lines.join("")).not.toContain("horse");
    await using good = startPublisher(storeOf(ups), { url: broker.url, username: "rack", password: new Secret("right horse") });
    await until(() => good.mqtt.status().state === "connected", "connected");
  });

  test("what the access list forbids is said once for each thing; the rest works", async () => {
    await using broker = await startMosquitto(peer, {
      users: { rack: "secret", eye: "secret" },
      acl: "user rack\ntopic readwrite rack-power/#\nuser eye\ntopic read #",
    });
    await using seen = await observe(broker.url, ["#"], { username: "eye", password: "secret" });
    const store = storeOf(ups, pdu);
    await using publisher = startPublisher(store, { url: broker.url, username: "rack", password: new Secret("secret") });
    await until(() => publisher.mqtt.status().detail !== undefined, "the refusal in the status");
    // mosquitto 2.0.11 ends the connection after it refused a message; newer ones do not.
    await until(
      () => publisher.mqtt.status().state === "connected" && seen.kept.has("rack-power/bridge") && seen.kept.get("rack-power/status") === "online",
      "the rest works",
    );
    store.put("office-ups", [{ part: "ups", point: "ups.charge", value: 1 }], 3);
    await until(() => seen.kept.get("rack-power/office-ups/ups")?.includes('"charge":1,'), "a new state");
    expect(publisher.mqtt.status()).toEqual({
      state: "connected",
      protocol: 5,
      detail: expect.stringMatching(/does not allow discovery documents \(homeassistant\/device\/rack-power.*\/config\)/) as string,
    });
    expect(publisher.lines.filter((line) => line.includes("does not allow"))).toEqual([
      expect.stringMatching(/^WARN: broker: the broker does not allow discovery documents .* rack$/),
    ]);
    expect(publisher.lines.length).toBeLessThanOrEqual(6);
    expect([...seen.kept.keys()].some((topic) => topic.startsWith("homeassistant"))).toBe(false);
  });

  test("two programs with one client id do not throw each other out for ever", async () => {
    await using broker = await startMosquitto(peer);
    await using first = startPublisher(storeOf(ups), { url: broker.url });
    await until(() => first.mqtt.status().state === "connected", "connected");
    await using second = startPublisher(storeOf(ups), { url: broker.url });
    const loser = await until(
      () => [first, second].find(({ mqtt }) => mqtt.status().state === "refused" && mqtt.status().detail?.includes("running twice")),
      "one stands back",
      15_000,
    );
    const winner = loser === first ? second : first;
    await until(() => winner.mqtt.status().state === "connected", "the other one stays");
    expect(loser.lines.filter((line) => line.includes("running twice"))).toHaveLength(1);
  });

  test("killed: the will speaks, and the next start knows every topic", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mqtt-killed-"));
    try {
      const file = join(folder, "test.db");
      await using broker = await startMosquitto(peer, { persistent: true });
      await using seen = await observe(broker.url);
      await using child = await startProcess(process.execPath, [join(import.meta.dirname, "mqtt-child.ts"), broker.url, file]);
      await until(() => seen.count((topic) => topic.endsWith("/config")) === 4 && seen.kept.get("rack-power/status") === "online", "published", 15_000);
      child.kill("SIGKILL");
      await until(() => seen.kept.get("rack-power/status") === "offline", "the will");
      using database = openDatabase(file, () => undefined);
      await using next = startPublisher(storeOf(ups), { url: broker.url }, database);
      await until(() => ![...seen.kept.keys()].some((topic) => /rack-pdu|web/.test(topic)), "no ghosts", 10_000);
      expect(next.mqtt.status().state).toBe("connected");
      expect(seen.kept.size).toBe(1 + 1 + 2 + 4);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("a thousand devices at once: every document and every state is kept, and a late listener gets them all", async () => {
    await using broker = await startMosquitto(peer, { more: "max_queued_messages 1000\nmax_inflight_messages 20" });
    const samples = Array.from({ length: 1000 }, (_, index) => ({ ...ups, settings: { ...ups.settings, id: `ups-${index}`, name: `UPS ${index}` } }));
    await using seen = await observe(broker.url);
    await using publisher = startPublisher(storeOf(...samples), { url: broker.url });
    await until(() => seen.count((topic) => topic.endsWith("/config")) === 1001, "documents", 30_000);
    expect([...seen.kept.keys()].filter((topic) => /^rack-power\/ups-\d+\/(ups|input|output|status)$/.test(topic))).toHaveLength(4000);
    await using late = await observe(broker.url, ["homeassistant/device/+/config"]);
    await until(() => late.kept.size === 1001, "all for the late one");
    expect(publisher.lines).toHaveLength(1);
  });
});
