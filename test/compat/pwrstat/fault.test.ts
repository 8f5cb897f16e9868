import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { capabilities, commandNames } from "#domain/capability.ts";
import { readFields } from "#compat/pwrstat/field.ts";
import { metricText } from "#compat/pwrstat/metric.ts";
import { compat } from "#config/compat-schema.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock, type Clock } from "#platform/clock.ts";
import { startBroker } from "#simulator/broker.ts";
import { freePort } from "#test/peer/port.ts";
import { until } from "#test/peer/until.ts";
import { anyPort, lose, messageTo, setState, startRig, stateOf, storeWith } from "./rig.ts";
import { samples } from "./sample.ts";

// The forerunner's known faults by their numbers; each test shows that it is not here.

const [normal, battery] = samples;
const host = "127.0.0.1";
const quick: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) };

test("PW-W1: a broker that is not there at the start is found when it comes, and /mqtthealth tells both", async () => {
  const port = await freePort("tcp");
  await using rig = await startRig(storeWith(normal?.state), { mqtt: messageTo(`mqtt://${host}:${port}`) }, quick);
  const health = async (path: string): Promise<number> => (await rig.ask(path)).status;
  await until(() => rig.pwrstat.problems().length === 1, "the broker is missed");
  expect([await health("/mqtthealth"), await health("/health")]).toEqual([503, 200]);
  {
    await using _broker = await startBroker({ host, port });
    await until(async () => (await health("/mqtthealth")) === 200, "connected");
    expect(rig.pwrstat.problems()).toEqual([]);
  }
  await until(async () => (await health("/mqtthealth")) === 503, "the broker is gone");
  await using _again = await startBroker({ host, port });
  await until(async () => (await health("/mqtthealth")) === 200, "connected again");
  expect(rig.lines.filter((line) => line.includes("trying again")).length).toBeLessThanOrEqual(4);
});

test("PW-W2: that nothing is known any more is said, on each way out", async () => {
  await using broker = await startBroker({ host });
  const { connectAsync } = await import("mqtt");
  const client = await connectAsync(`mqtt://${host}:${broker.port}`);
  const kept = new Map<string, string>();
  client.on("message", (topic, payload) => kept.set(topic, payload.toString()));
  await client.subscribeAsync("ups/availability");
  await using rig = await startRig(storeWith(normal?.state), {
    mqtt: messageTo(`mqtt://${host}:${broker.port}`, { topic: "ups", availability: "ups/availability" }),
  });
  await until(() => kept.get("ups/availability") === "online", "known");
  lose(rig.store);
  await until(() => kept.get("ups/availability") === "offline", "not known");
  expect((await rig.ask("/pwrstat")).status).toBe(503);
  expect(await rig.metrics()).toBe("");
  await client.endAsync();
});

test("PW-W3: certificate, key and every address, where there was none and IPv4 alone", () => {
  const read = (rest: object): unknown => compat.safeParse({ pwrstat: { device: "ups", rest } }).data?.pwrstat?.rest;
  expect(read({ listen: "[::1]:5002", tls: { cert: "a", key: "b" }, key: "x".repeat(16) })).toMatchObject({
    listen: { host: "::1", port: 5002 },
    tls: { cert: "a", key: "b" },
  });
  expect(read({ listen: "[::1]:5002", key: "short" })).toBeUndefined();
  expect(read({ tls: { cert: "a" } })).toBeUndefined();
});

test("PW-W4: a request starts nothing and waits for nothing, however many come", async () => {
  const store = storeWith(normal?.state);
  const asked: string[] = [];
  const watched = new Proxy(store, {
    get: (target, name: keyof typeof store) => (asked.push(name), target[name]),
  });
  await using rig = await startRig(watched);
  const before = stateOf(store);
  const answers = await Promise.all(Array.from({ length: 200 }, () => rig.ask("/pwrstat")));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 200 }, () => 200));
  expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
  // What it may import, the layer law says: nothing that starts a program or reaches a device.
  expect(new Set(asked)).toEqual(new Set(["subscribe", "device"]));
  expect(stateOf(store)).toBe(before);
  // A source that never answers: the store knows nothing, and says so at once.
  await using hanging = await startRig(storeWith());
  expect((await hanging.ask("/pwrstat")).status).toBe(503);
});

test("PW-W5: a source that goes and comes back needs no restart, and neither does an address that is taken", async () => {
  const port = await freePort("tcp");
  const other = createServer().listen(port, host);
  await until(() => other.listening, "the other program");
  await using rig = await startRig(storeWith(normal?.state), { rest: { host, port } }, quick);
  expect(rig.pwrstat.problems()).toEqual([`rest cannot listen at ${host}:${port}: another program has it`]);
  await new Promise((done) => other.close(done));
  await until(() => rig.pwrstat.url !== undefined, "the address is free");
  expect(rig.pwrstat.problems()).toEqual([]);
  lose(rig.store);
  expect((await rig.ask("/pwrstat")).status).toBe(503);
  if (battery?.state) setState(rig.store, battery.state);
  expect((await rig.ask("/pwrstat")).status).toBe(200);
});

test("PW-W6: within, values are numbers with units, and a dot is lost nowhere but in the old text", async () => {
  const online = samples.find(({ name }) => name === "online unit by SNMP");
  const store = storeWith(online?.state);
  await using rig = await startRig(store);
  const text = await (await rig.ask("/pwrstat")).text();
  expect(text).toContain('"Utility Frequency":"49.9 Hz"');
  expect(stateOf(store).parts.get("input/1")?.entries.get("meter.frequency")?.value).toBe(49.94);
});

test("PW-W7: a topic is needed, two listeners have two ports, the battery is seen, and a missing field is no error", () => {
  const wrong = (pwrstat: object): readonly string[] =>
    compat.safeParse({ pwrstat: { device: "ups", ...pwrstat } }).error?.issues.map(({ path }) => path.join(".")) ?? [];
  expect(wrong({ mqtt: {} })).toEqual(["pwrstat.mqtt.topic"]);
  expect(wrong({ prometheus: {} })).toEqual(["pwrstat.prometheus.listen"]);
  expect(wrong({ rest: {}, prometheus: { listen: "127.0.0.1:5002" } })).toEqual(["pwrstat.prometheus.listen"]);
  const metrics = metricText(readFields(battery?.text ?? "", false), {});
  expect(metrics).toContain('pwrstat_status_supply{supply="utility"} 0.0\npwrstat_status_supply{supply="battery"} 1.0\n');
  let lines = 0;
  for (const { text } of samples) {
    const fields = readFields(text, false);
    const told = metricText(fields, {});
    expect(told === "").toBe(fields === undefined);
    expect(told).not.toMatch(/undefined|NaN/);
    // A load in percent is no number of watts.
    expect(told.includes("load_watts")).toBe(fields?.get("Load")?.includes("Watt") ?? false);
    lines += told.split("\n").length - 1;
  }
  expect(lines).toBeGreaterThan(100);
});

test("PW-W8: of several UPSs the one that was chosen is shown, and another can be shown beside it", async () => {
  const store = storeWith(normal?.state);
  const other = { ...stateOf(store).settings, id: "cellar-ups" };
  store.settle(other, { state: "online", since: 1 });
  store.describe(other.id, { model: "Cellar", parts: [{ id: "ups", points: ["ups.state", "ups.charge"], commands: [] }] });
  store.put(
    other.id,
    [
      { part: "ups", point: "ups.state", value: "online" },
      { part: "ups", point: "ups.charge", value: 5 },
    ],
    1,
  );
  await using first = await startRig(store);
  await using second = await startRig(store, { device: other.id, rest: anyPort });
  expect(await (await first.ask("/pwrstat")).json()).toMatchObject({ "Model Name": "CP1500AVRLCDa", "Battery Capacity": "100 %" });
  expect(await (await second.ask("/pwrstat")).json()).toEqual({ "Battery Capacity": "5 %", "Model Name": "Cellar", State: "Normal" });
});

test("PW-W9: what the vendor's tool can do, a UPS can be told here, by the same door as everything", () => {
  expect(Object.keys(capabilities.ups.commands)).toEqual(expect.arrayContaining(["test", "beeperOn", "beeperOff", "beeperMute"]));
  expect(commandNames).toContain("ups.test");
  expect(createDrivers(systemClock).has("pwrstat")).toBe(true);
});

test("PW-W10: nothing of the vendor's is in the image or beside it", () => {
  const files = globSync("{addon,integration,script,src,test,translations}/**/*");
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((file) => /\.(deb|rpm|so|exe|bin)$|powerpanel|ppl-/i.test(file))).toEqual([]);
  expect(readFileSync("Dockerfile", "utf8")).not.toMatch(/powerpanel|PPL-|pwrstatd/i);
});
