import { readFileSync } from "node:fs";

import { connectAsync } from "mqtt";
import { expect, test } from "vitest";

import { startMosquitto } from "./mosquitto.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const refusal = async (url: string, options: object): Promise<unknown> =>
  connectAsync(url, { reconnectPeriod: 0, connectTimeout: 3000, ...options }).then(
    async (client) => (await client.endAsync(), "let in"),
    (error: Error) => error.message,
  );

describeWithPeer("mosquitto", await debianPackages("mosquitto"), (peer) => {
  test("keeps retained messages over a restart on the same port", async () => {
    await using broker = await startMosquitto(peer, { persistent: true });
    const client = await connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 20 });
    await client.publishAsync("a/b", "kept", { qos: 1, retain: true });
    await broker.stop();
    await until(() => !client.connected, "the client notices");
    await broker.start();
    await until(() => client.connected, "the client is back");
    const got: string[] = [];
    client.on("message", (_topic, payload) => got.push(String(payload)));
    await client.subscribeAsync("a/#");
    await until(() => got.length > 0, "the retained message");
    expect(got).toEqual(["kept"]);
    await client.endAsync(true);
  });

  test("asks for the password and obeys the ACL", async () => {
    await using broker = await startMosquitto(peer, { users: { rack: "secret" }, acl: "user rack\ntopic readwrite rack/#" });
    expect(await refusal(broker.url, {})).toMatch(/not authorized/i);
    expect(await refusal(broker.url, { username: "rack", password: "wrong" })).toMatch(/not authorized/i);
    const client = await connectAsync(broker.url, { protocolVersion: 5, username: "rack", password: "secret" });
    await client.publishAsync("rack/a", "1", { qos: 1 });
    await expect(client.publishAsync("other/a", "1", { qos: 1 })).rejects.toThrow(/not authorized/i);
    await client.endAsync(true);
  });

  test("shows a certificate of its own authority and asks for the client's", async () => {
    await using broker = await startMosquitto(peer, { tls: "client certificate" });
    const { url, certificates } = broker.tls ?? expect.fail("no TLS");
    const ca = readFileSync(certificates.ca);
    const identity = (who: { readonly certificate: string; readonly key: string }): object => ({
      ca,
      cert: readFileSync(who.certificate),
      key: readFileSync(who.key),
    });
    expect(await refusal(url, identity(certificates.client))).toBe("let in");
    expect(await refusal(url, { ca })).not.toBe("let in");
    expect(await refusal(url, identity(certificates.stranger))).not.toBe("let in");
    expect(await refusal(url, { ...identity(certificates.client), ca: undefined })).toMatch(/certificate/);
  });
});
