import { expect, test } from "vitest";
import { observe, startPublisher } from "#test/publish/mqtt-rig.ts";
import { pdu, storeOf, tuned, ups } from "#test/publish/mqtt-device.ts";
import { startMosquitto } from "./mosquitto.ts";
import { packetType, publishPacket, startRelay } from "./mqtt-relay.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const topic = "rack-power/rack-pdu/outlet/1/command";

describeWithPeer("commands by mosquitto", await debianPackages("mosquitto"), (peer) => {
  test("a bare name and JSON reach the bus; the outcome is told to all, to Home Assistant and to whoever asked for an answer", async () => {
    await using broker = await startMosquitto(peer);
    await using publisher = startPublisher(storeOf(pdu), { url: broker.url });
    await until(() => publisher.mqtt.status().state === "connected", "connected");
    await using seen = await observe(broker.url);
    await until(() => seen.kept.get("rack-power/status") === "online", "born");
    publisher.bus.verdict = { state: "refused", refusal: "confirmation-needed", confirm: "token-1" };
    await seen.client.publishAsync(topic, "outlet.off");
    const properties = { responseTopic: "answers/me", correlationData: Buffer.from("42") };
    await seen.client.publishAsync(topic, JSON.stringify({ command: "outlet.cycle", reason: "test", confirm: "token-0" }), { qos: 1, properties });
    await until(() => seen.count((name) => name.startsWith("answers/")) === 1, "the answer");
    expect(publisher.bus.submitted).toEqual([
      { device: "rack-pdu", part: "outlet/1", name: "outlet.off", by: { via: "mqtt" } },
      { device: "rack-pdu", part: "outlet/1", name: "outlet.cycle", by: { via: "mqtt" }, reason: "test", confirm: "token-0" },
    ]);
    const [, answer = "", packet] = seen.messages.find(([name]) => name === "answers/me") ?? [];
    expect(JSON.parse(answer)).toMatchObject({ state: "refused", confirm: "token-1", command: { name: "outlet.cycle" } });
    expect(String(packet?.properties?.correlationData)).toBe("42");
    const told = seen.messages.filter(([name]) => name === "rack-power/rack-pdu/outlet/1/outcome" || name === "rack-power/outcome");
    expect(told).toHaveLength(4);
    for (const [, payload, { retain }] of told) {
      expect(retain).toBe(false);
      expect(payload).not.toContain("token-");
      expect(JSON.parse(payload)).toMatchObject(
        payload.includes("event_type") ? { event_type: "refused", device: "rack-pdu", by: "MQTT" } : { state: "refused", refusal: "confirmation-needed" },
      );
    }
  });

  test("a value reaches the bus, and stands in what all are told", async () => {
    await using broker = await startMosquitto(peer);
    await using publisher = startPublisher(storeOf(tuned), { url: broker.url });
    await until(() => publisher.mqtt.status().state === "connected", "connected");
    await using seen = await observe(broker.url);
    await until(() => seen.kept.get("rack-power/status") === "online", "born");
    const part = "variable/ups.delay.start";
    for (const value of [0, "120"]) await seen.client.publishAsync(`rack-power/lab-ups/${part}/command`, JSON.stringify({ command: "variable.set", value }));
    await until(() => seen.count((name) => name.endsWith("/outcome")) === 4, "two outcomes, each told twice");
    const asked = { device: "lab-ups", part, name: "variable.set", by: { via: "mqtt" } };
    expect(publisher.bus.submitted).toEqual([
      { ...asked, value: 0 },
      { ...asked, value: "120" },
    ]);
    const told = (of: string): readonly unknown[] => seen.messages.flatMap(([name, payload]) => (name === of ? [JSON.parse(payload) as unknown] : []));
    expect(told("rack-power/outcome")).toMatchObject([{ value: 0 }, { value: "120" }]);
    expect(told(`rack-power/lab-ups/${part}/outcome`)).toMatchObject([{ command: { value: 0 } }, { command: { value: "120" } }]);
  });

  test("what the broker kept is refused and cleared, once, also when it comes while we listen", async () => {
    await using broker = await startMosquitto(peer);
    await using seen = await observe(broker.url);
    await seen.client.publishAsync(topic, "outlet.off", { retain: true, qos: 1 });
    await seen.client.publishAsync("rack-power/office-ups/ups/command", "nonsense", { retain: true, qos: 1 });
    await using publisher = startPublisher(storeOf(pdu, ups), { url: broker.url });
    await until(() => publisher.bus.refused.length === 2 && ![...seen.kept.keys()].some((name) => name.endsWith("/command")), "refused and cleared");
    await seen.client.publishAsync(topic, "outlet.on", { retain: true, qos: 1 });
    await until(() => publisher.bus.refused.length === 3 && !seen.kept.has(topic), "refused and cleared");
    await seen.client.publishAsync(topic, "outlet.cycle", { qos: 1 });
    await until(() => publisher.bus.submitted.length > 0, "a live one");
    expect(publisher.bus.submitted.map(({ name }) => name)).toEqual(["outlet.cycle"]);
    expect(publisher.bus.refused).toEqual(
      expect.arrayContaining([
        ["outlet.off", "retained"],
        ["nonsense", "retained"],
        ["outlet.on", "retained"],
      ]),
    );
    expect(seen.count((name, payload) => name === topic && payload === "")).toBe(2);
    expect(publisher.lines.filter((line) => line.startsWith("WARN"))).toHaveLength(3);
  });

  test("what is delivered again, and what comes before the subscription is confirmed, is refused", async () => {
    await using broker = await startMosquitto(peer);
    let early: Buffer | undefined = publishPacket(topic, "outlet.off", { again: false, id: 900 });
    await using relay = await startRelay(broker.port, (sent) => {
      if (sent[0] !== packetType.subscribe) return undefined;
      const now = early;
      early = undefined;
      return now;
    });
    await using publisher = startPublisher(storeOf(pdu), { url: relay.url });
    await until(() => publisher.bus.refused.length === 1, "the early one");
    await using seen = await observe(broker.url);
    await until(() => seen.kept.get("rack-power/status") === "online", "born");
    relay.inject(publishPacket(topic, "outlet.on", { again: false, id: 901 }));
    relay.inject(publishPacket(topic, "outlet.on", { again: true, id: 901 }));
    relay.inject(publishPacket(topic, "outlet.cycle", { again: true, id: 902 }));
    await until(() => publisher.bus.refused.length === 3, "both copies");
    expect(publisher.bus.submitted.map(({ name }) => name)).toEqual(["outlet.on"]);
    expect(publisher.bus.refused).toEqual([
      ["outlet.off", "late"],
      ["outlet.on", "duplicate"],
      ["outlet.cycle", "late"],
    ]);
  });

  test("nonsense of any kind is refused with a reason and never throws", async () => {
    await using broker = await startMosquitto(peer);
    await using publisher = startPublisher(storeOf(pdu), { url: broker.url });
    await using seen = await observe(broker.url);
    await until(() => seen.kept.get("rack-power/status") === "online", "born");
    const payloads = [
      "ON",
      "{",
      '{"command":5}',
      '{"command":"outlet.off","reason":{}}',
      '{"command":"outlet.explode"}',
      "x".repeat(5000),
      Buffer.from([0xff, 0, 0xfe]),
      "[]",
      "null",
    ];
    for (const payload of payloads) await seen.client.publishAsync(topic, payload, { qos: 1, properties: { responseTopic: "rack-power/rack-pdu/status" } });
    await seen.client.publishAsync("rack-power/nobody/a/b/c/command", "outlet.on", { qos: 1 });
    await until(() => publisher.bus.submitted.length === 1, "the last one");
    expect(publisher.bus.refused.map(([, refusal]) => refusal)).toEqual(payloads.map(() => "not-capable"));
    expect(seen.kept.get("rack-power/rack-pdu/status")).toBe("online");
    expect(publisher.bus.submitted[0]).toMatchObject({ device: "nobody", part: "a/b/c" });
    for (let count = 0; count < 200; count++) seen.client.publish(topic, "junk");
    await until(() => publisher.lines.some((line) => line.includes("floods")), "the flood is noticed");
    expect(publisher.bus.refused.length).toBeLessThanOrEqual(50);
  });

  test("an outcome for a device that is a wildcard does not end the connection", async () => {
    await using broker = await startMosquitto(peer);
    await using publisher = startPublisher(storeOf(pdu), { url: broker.url });
    await using seen = await observe(broker.url);
    await until(() => seen.kept.get("rack-power/status") === "online", "born");
    publisher.bus.refuse({ device: "#", part: "+", name: "outlet.on", by: { via: "rest", key: "me" } }, "not-known", "no such device");
    publisher.bus.refuse({ device: "rack-pdu", part: "outlet/1", name: "outlet.on", by: { via: "rest", key: "me" } }, "locked", "locked");
    await until(() => seen.count((name) => name === "rack-power/rack-pdu/outlet/1/outcome") === 1, "the next outcome");
    expect(seen.count((name) => name === "rack-power/outcome")).toBe(2);
    expect(publisher.lines).toHaveLength(1);
  });
});
