import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { connectAsync, type IPublishPacket } from "mqtt";
import { expect, test } from "vitest";
import { Secret } from "#domain/secret.ts";
import { systemClock } from "#platform/clock.ts";
import { startBroker } from "#simulator/broker.ts";
import { until } from "#test/peer/until.ts";
import { anyPort, lose, messageTo, setState, startRig, storeWith, transcripts } from "./rig.ts";
import { samples } from "./sample.ts";

const [normal, battery] = samples;
const normalMessage = transcripts[normal?.name ?? ""]?.message;
const batteryMessage = transcripts[battery?.name ?? ""]?.message;
const topic = "sensors/basement/power/ups";
const host = "127.0.0.1";

interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly qos: number;
  readonly retain: boolean;
}
/** Reads along from before anything is said. */
const listen = async (
  url: string,
  login: object = {},
): Promise<{ readonly heard: readonly Heard[]; texts(of?: string): readonly string[] } & AsyncDisposable> => {
  const client = await connectAsync(url, { protocolVersion: 5, ...login });
  const heard: Heard[] = [];
  client.on("message", (at: string, payload: Buffer, packet: IPublishPacket) =>
    heard.push({ topic: at, text: payload.toString(), qos: packet.qos, retain: packet.retain }),
  );
  await client.subscribeAsync({ "#": { qos: 2, rap: true } });
  return {
    heard,
    texts: (of = topic) => heard.flatMap((one) => (one.topic === of ? [one.text] : [])),
    [Symbol.asyncDispose]: () => client.endAsync(),
  };
};

test.each([
  [0, true],
  [1, false],
  [2, true],
] as const)("the old bytes on the old topic, QoS %d, retained %s, every so many seconds", async (qos, retained) => {
  await using broker = await startBroker({ host });
  const url = `mqtt://${host}:${broker.port}`;
  await using seen = await listen(url);
  const began = performance.now();
  await using rig = await startRig(storeWith(normal?.state), { mqtt: messageTo(url, { qos, retained, refresh: 0.1 }) });
  await until(() => seen.texts().length >= 4, "four messages");
  // Three pauses lie between them, and a slow machine only makes them longer.
  expect(performance.now() - began).toBeGreaterThan(290);
  expect(new Set(seen.heard.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify({ topic, text: normalMessage, qos, retain: retained })]));
  expect(await (await rig.ask("/mqtthealth")).text()).toBe('{"code":"SUCCESS","message":"OK"}\n');
});

test("nothing is sent while the status is not known, and at once when it is", async () => {
  await using broker = await startBroker({ host });
  const url = `mqtt://${host}:${broker.port}`;
  await using seen = await listen(url);
  const availability = `${topic}/availability`;
  // A period of an hour: what comes, comes because of the change.
  await using rig = await startRig(storeWith(), { mqtt: messageTo(url, { refresh: 3600, availability }) });
  await until(() => seen.texts(availability).length === 1, "what is not known");
  expect(seen.texts()).toEqual([]);
  if (battery?.state) setState(rig.store, battery.state);
  await until(() => seen.texts().length === 1, "the status");
  lose(rig.store);
  await until(() => seen.texts(availability).length === 3, "lost");
  if (normal?.state) setState(rig.store, normal.state);
  await until(() => seen.texts().length === 2 && seen.texts(availability).length === 4, "back");
  expect(seen.texts()).toEqual([batteryMessage, normalMessage]);
  expect(seen.texts(availability)).toEqual(["offline", "online", "offline", "online"]);
  await rig.pwrstat[Symbol.asyncDispose]();
  await until(() => seen.texts(availability).length === 5, "said when it ends");
  expect(seen.texts(availability).at(-1)).toBe("offline");
  expect(seen.heard.filter((one) => one.topic === availability).every(({ retain }) => retain)).toBe(true);
});

test("without availability there is nothing at the broker but the old topic", async () => {
  await using broker = await startBroker({ host });
  const url = `mqtt://${host}:${broker.port}`;
  await using seen = await listen(url);
  {
    await using rig = await startRig(storeWith(normal?.state), { mqtt: messageTo(url, { refresh: 0.05 }) });
    await until(() => seen.texts().length >= 2, "messages");
    lose(rig.store);
  }
  expect(new Set(seen.heard.map((one) => one.topic))).toEqual(new Set([topic]));
});

test("no password in the log, neither when it is right nor when it is wrong", async () => {
  const password = "pass word/of+signs";
  await using broker = await startBroker({ host, username: "cellar", password });
  const url = `mqtt://${host}:${broker.port}`;
  await using seen = await listen(url, { username: "cellar", password });
  await using right = await startRig(storeWith(normal?.state), { mqtt: messageTo(url, { username: "cellar", password: new Secret(password) }) });
  await until(() => seen.texts().length === 1, "the message");
  await using wrong = await startRig(storeWith(normal?.state), {
    mqtt: messageTo(url, { clientId: "b", username: "cellar", password: new Secret(`${password}!`) }),
  });
  await until(() => wrong.pwrstat.problems().length === 1, "the refusal");
  expect(wrong.pwrstat.problems()[0]).toMatch(/^mqtt: 127.0.0.1:\d+: Connection refused: /);
  expect(await (await wrong.ask("/mqtthealth")).text()).toBe('{"code":"ERROR","message":"MQTT Disconnected!"}\n');
  const lines = [...right.lines, ...wrong.lines, ...wrong.pwrstat.problems()].join("\n");
  expect(lines).not.toContain("of+signs");
});

test("two with one client id throw each other out: it is said what that looks like, once", async () => {
  await using broker = await startBroker({ host });
  let pauses = 0;
  const quick = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => (pauses++, systemClock.sleep(ms / 50, signal)) };
  const options = { mqtt: messageTo(`mqtt://${host}:${broker.port}`), rest: anyPort };
  await using one = await startRig(storeWith(normal?.state), options, quick);
  await using other = await startRig(storeWith(normal?.state), options, quick);
  const told = (): readonly string[] =>
    [...one.lines, ...other.lines].filter((line) => line.includes("does another client, such as the old container, call itself pwrstat_mqtt?"));
  await until(() => told().length === 2, "the fight is seen");
  const before = pauses;
  await until(() => pauses > before + 6, "and goes on");
  expect(told()).toHaveLength(2);
  expect([...one.lines, ...other.lines].filter((line) => line.includes("connected to")).length).toBeLessThanOrEqual(4);
});

test("a broker that acknowledges nothing keeps nobody from ending", async () => {
  // Takes the connection (CONNACK, MQTT 3.1.1, 3.2) and is silent ever after.
  const server = createServer((socket) => socket.once("data", () => (socket.write(Buffer.from([0x20, 2, 0, 0])), socket.resume()))).listen(0, host);
  await once(server, "listening");
  const url = `mqtt://${host}:${(server.address() as AddressInfo).port}`;
  const rig = await startRig(storeWith(normal?.state), { mqtt: messageTo(url, { qos: 1 }) });
  await until(async () => (await rig.ask("/mqtthealth")).status === 200, "connected");
  const began = performance.now();
  await rig[Symbol.asyncDispose]();
  expect(performance.now() - began).toBeLessThan(8_000);
  await new Promise((done) => server.close(done));
});

test("a broker that says nothing keeps nobody from ending", async () => {
  const server = createServer((socket) => socket.resume()).listen(0, host);
  await once(server, "listening");
  const rig = await startRig(storeWith(normal?.state), { mqtt: messageTo(`mqtt://${host}:${(server.address() as AddressInfo).port}`) });
  await until(() => new Promise<boolean>((done) => server.getConnections((_, count) => done(count === 1))), "the connection");
  const began = performance.now();
  await rig[Symbol.asyncDispose]();
  expect(performance.now() - began).toBeLessThan(5_000);
  await new Promise((done) => server.close(done));
});
