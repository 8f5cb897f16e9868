import { test } from "vitest";
import { Secret } from "#domain/secret.ts";
import { pdu, storeOf, ups } from "#test/publish/mqtt-device.ts";
import { startPublisher } from "#test/publish/mqtt-rig.ts";
import { startMosquitto } from "./mosquitto.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { setTimeout as sleep } from "node:timers/promises";
describeWithPeer("x", await debianPackages("mosquitto"), (peer) => {
  test("acl", async () => {
    await using broker = await startMosquitto(peer, { users: { rack: "secret", eye: "secret" }, acl: "user rack\ntopic readwrite rack-power/#\nuser eye\ntopic read #" });
    await using publisher = startPublisher(storeOf(ups, pdu), { url: broker.url, username: "rack", password: new Secret("secret") });
    await sleep(2500);
    console.log(publisher.lines, publisher.mqtt.status(), broker.output().split("\n").filter((l) => !/outlet|command/.test(l)).join("\n"));
  });
});
