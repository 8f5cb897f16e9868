import { expect, test } from "vitest";
import { Secret } from "#domain/secret.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { PwrstatSlot } from "#program/pwrstat-slot.ts";
import { startBroker } from "#simulator/broker.ts";
import { until } from "#test/peer/until.ts";
import { anyPort, storeWith } from "./rig.ts";
import { samples } from "./sample.ts";

const host = "127.0.0.1";
const tls = { rejectUnauthorized: true };
const settings = {
  device: "office-ups",
  exact: false,
  rest: anyPort,
  mqtt: { topic: "ups", refresh: 30, qos: 0, retained: true, clientId: "old", tls },
} as const;

const makeSlot = (): { readonly slot: PwrstatSlot; readonly lines: readonly string[] } => {
  const lines: string[] = [];
  return {
    slot: new PwrstatSlot({ store: storeWith(samples[0]?.state), clock: systemClock, log: createLog("debug", (line) => void lines.push(line)) }),
    lines,
  };
};
const isConnected = async (slot: PwrstatSlot): Promise<boolean> => (await fetch(`${slot.running?.url}/mqtthealth`)).status === 200;

test("without a broker of its own it goes where the program goes, which may know only later", async () => {
  const { slot, lines } = makeSlot();
  await using _slot = slot;
  await slot.use(settings);
  expect(slot.problems()).toEqual(["compat.pwrstat: mqtt: there is no broker: give it a url, or the file a section mqtt"]);
  expect((await fetch(`${slot.running?.url}/pwrstat`)).status).toBe(200);
  await using first = await startBroker({ host, username: "a", password: "b" });
  const broker = { url: `mqtt://${host}:${first.port}`, username: "a", password: new Secret("b"), tls };
  await slot.follow(broker);
  await until(() => isConnected(slot), "the first broker");
  expect(slot.problems()).toEqual([]);
  const running = slot.running;
  await slot.follow({ ...broker });
  expect(slot.running, "the same broker changes nothing").toBe(running);
  await using second = await startBroker({ host });
  await slot.follow({ url: `mqtt://${host}:${second.port}`, tls });
  await until(() => lines.some((line) => line.includes(`connected to ${host}:${second.port} as old`)), "the second broker");
  await slot.follow(undefined);
  expect(await isConnected(slot)).toBe(false);
  await slot.use(undefined);
  expect([slot.running, slot.problems()]).toEqual([undefined, []]);
});

test("a broker of its own stays, whatever the program's is", async () => {
  const { slot } = makeSlot();
  await using _slot = slot;
  await using own = await startBroker({ host });
  await slot.use({ ...settings, mqtt: { ...settings.mqtt, url: `mqtt://${host}:${own.port}` } });
  await until(() => isConnected(slot), "its broker");
  const running = slot.running;
  await slot.follow({ url: "mqtt://192.0.2.1", tls });
  expect(slot.running).toBe(running);
});

test("a file that is not there any more is told, and does not end the program", async () => {
  const { slot, lines } = makeSlot();
  await using _slot = slot;
  await slot.use({ ...settings, rest: { ...anyPort, tls: { cert: "/nothing/cert.pem", key: "/nothing/key.pem" } } });
  expect(slot.problems()).toEqual([expect.stringContaining("/nothing/cert.pem") as string]);
  expect(lines.join("")).toContain("ERROR");
  expect(slot.running).toBeUndefined();
});
