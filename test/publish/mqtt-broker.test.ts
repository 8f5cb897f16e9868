import { connectAsync } from "mqtt";
import { expect, test } from "vitest";
import { Secret } from "#domain/secret.ts";
import { startBroker } from "#simulator/broker.ts";
import { until } from "#test/peer/until.ts";
import { bmc, pdu, storeOf, ups } from "./mqtt-device.ts";
import { observe, startPublisher } from "./mqtt-rig.ts";

const host = "127.0.0.1";
const known = { username: "rack", password: "secret" };

test("the embedded broker lets in whom it knows, by both versions of MQTT, and nobody else", async () => {
  await using broker = await startBroker({ host, ...known });
  const url = `mqtt://${host}:${broker.port}`;
  for (const protocolVersion of [5, 4] as const) {
    for (const wrong of [{}, { ...known, password: "wrong" }, { ...known, username: "other" }])
      await expect(connectAsync(url, { protocolVersion, reconnectPeriod: 0, ...wrong }, false)).rejects.toThrow(/refused/);
    const client = await connectAsync(url, { protocolVersion, ...known });
    await client.endAsync();
  }
  await expect(startBroker({ host, port: broker.port })).rejects.toThrow(/EADDRINUSE/);
});

test("the whole way by the embedded broker: documents, states, a command, a restart on the same port", async () => {
  const first = await startBroker({ host, ...known });
  const { port } = first;
  const url = `mqtt://${host}:${port}`;
  await using publisher = startPublisher(storeOf(ups, pdu, bmc), { url, username: "rack", password: new Secret("secret") });
  {
    await using seen = await observe(url, ["#"], known);
    await until(() => seen.count((topic) => topic.endsWith("/config")) === 4 && seen.kept.get("rack-power/status") === "online", "documents");
    await seen.client.publishAsync("rack-power/rack-pdu/outlet/1/command", "outlet.off", { qos: 1 });
    await until(() => publisher.bus.submitted.length === 1, "the command");
  }
  await first[Symbol.asyncDispose]();
  await until(() => publisher.mqtt.status().state === "connecting", "noticed");
  await using _second = await startBroker({ host, port, ...known });
  await using seen = await observe(url, ["#"], known);
  await until(() => seen.count((topic) => topic.endsWith("/config")) === 4 && seen.kept.get("rack-power/status") === "online", "everything again", 10_000);
  expect(seen.kept.get("rack-power/web/chassis")).toContain('"on":true');
});
