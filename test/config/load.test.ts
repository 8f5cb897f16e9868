import { isAbsolute, join } from "node:path";
import { expect, test } from "vitest";
import type { Configuration } from "#config/configuration.ts";
import { isQuarantined } from "#config/configuration.ts";
import { secretsIn } from "#config/secret-text.ts";
import { sha256 } from "#platform/digest.ts";
import { canaries, example, makeFolder, type Folder } from "./fixture.ts";

const load = async (folder: Folder, text: string, environment: Record<string, string> = {}): Promise<Configuration> => {
  const loaded = await folder.load(text, environment);
  expect(loaded.problems).toEqual([]);
  if (!loaded.ok) throw new Error("not loaded");
  return loaded.configuration;
};

test("the documented example loads whole", async () => {
  await using folder = await makeFolder();
  const { mqtt, rest, data, log, devices } = await load(folder, example);
  expect(mqtt).toMatchObject({
    url: "mqtt://127.0.0.1:1883",
    username: "rack",
    baseTopic: "rack-power",
    discoveryPrefix: "homeassistant",
    tls: { rejectUnauthorized: true },
  });
  expect(mqtt?.password?.reveal()).toBe(canaries.mqtt);
  expect(rest).toEqual({ host: "127.0.0.1", port: 8099, keys: [{ name: "me", hash: sha256(canaries.rest), scopes: ["read", "control"] }] });
  expect(data).toBe(join(folder.path, "data"));
  expect(log).toBeUndefined();
  expect(devices.map(({ settings }) => [settings.id, settings.driver, settings.interval])).toEqual([
    ["office-ups", "nut", 10],
    ["rack-pdu", "snmp", 10],
    ["web", "ipmi", 10],
  ]);
  expect(devices.filter(isQuarantined)).toEqual([]);
  expect(devices[1]?.settings.parts).toEqual({ "outlet/3": { name: "NAS", lock: "locked" }, "outlet/7": { lock: "confirm" } });
  expect(devices[1]).toMatchObject({ options: { version: "2c", port: 161 } });
});

test("every secret is listed for the log, and none can be printed from the configuration", async () => {
  await using folder = await makeFolder();
  const configuration = await load(folder, `${example}  plain: { driver: nut, host: a, password: typed-in-plain }\n`);
  expect([...configuration.secrets].toSorted()).toEqual([...Object.values(canaries), "typed-in-plain"].toSorted());
  const { secrets: _, ...shown } = configuration;
  expect(secretsIn(shown)).toHaveLength(5);
  for (const text of configuration.secrets) expect(JSON.stringify(shown)).not.toContain(text);
});

test.each([
  ["10s", 10],
  ["500ms", 0.5],
  ["1m", 60],
  ["1h", 3600],
  ["2.5", 2.5],
  ["30", 30],
])("interval %s is %d seconds", async (written, seconds) => {
  await using folder = await makeFolder();
  const { devices } = await load(folder, `devices: { a: { driver: nut, host: b, interval: ${written} } }`);
  expect(devices[0]?.settings.interval).toBe(seconds);
});

test.each([
  ["onBatteryAfter: 10s", { onBatteryAfter: 10 }],
  ["onBatteryAfter: 0", { onBatteryAfter: 0 }],
  ["onBatteryAfter: 2m", { onBatteryAfter: 120 }],
  ["interval: 5", { interval: 5 }],
])("%s is in the settings as seconds, and what is not said is not there", async (written, settings) => {
  await using folder = await makeFolder();
  const { devices } = await load(folder, `devices: { a: { driver: nut, host: b, ${written} } }`);
  expect(devices[0]?.settings).toEqual({ id: "a", driver: "nut", fedBy: [], interval: 10, parts: {}, ...settings });
});

test.each([
  ["127.0.0.1:8099", "127.0.0.1", 8099],
  ["'[::1]:8099'", "::1", 8099],
  ["'[::]:8099'", "::", 8099],
  ["'[0:0::1]:8099'", "::1", 8099],
  ["'[fe80::1%enp0s3-lan]:8099'", "fe80::1%enp0s3-lan", 8099],
  ["':8099'", "0.0.0.0", 8099],
  ["localhost:0", "localhost", 0],
])("listen %s is %s, %d", async (written, host, port) => {
  await using folder = await makeFolder();
  expect((await load(folder, `rest: { listen: ${written} }`)).rest).toEqual({ host, port, keys: [] });
});

test.each([
  ["::1", "::1"],
  ["'::1'", "::1"],
  ["'[::1]'", "::1"],
  // What people write without quotes is a list to YAML.
  ["[::1]", "::1"],
  ["[fe80::1%lo]", "fe80::1%lo"],
  ["fe80::1%lo", "fe80::1%lo"],
  ["'[2001:DB8:0:0::5]'", "2001:db8::5"],
  ["!env HOST", "::1"],
  ["pdu.lan", "pdu.lan"],
])("host %s is %s", async (written, host) => {
  await using folder = await makeFolder();
  for (const text of [`devices: { a: { driver: nut, host: ${written}, port: 1 } }`, `devices:\n  a:\n    driver: nut\n    host: ${written}\n`]) {
    const loaded = await folder.load(text, { HOST: "[::1]" });
    expect(loaded.ok && loaded.configuration.devices[0]).toMatchObject({ options: { host } });
  }
});

test("an IPv6 broker", async () => {
  await using folder = await makeFolder();
  expect((await load(folder, "mqtt: { url: 'mqtt://[::1]:1883' }")).mqtt?.url).toBe("mqtt://[::1]:1883");
  expect((await load(folder, "mqtt:\n  url: mqtt://[::1]:1883")).mqtt?.url).toBe("mqtt://[::1]:1883");
});

test("outlets that feed a device, as one and as a list; the same endpoint twice is legal", async () => {
  await using folder = await makeFolder();
  const { devices } = await load(
    folder,
    `devices:
  one: { driver: nut, host: same, fedBy: two/outlet/5 }
  two: { driver: nut, host: same, fedBy: [one/outlet/1, one/outlet/a.b-2] }
`,
  );
  expect(devices.map(({ settings }) => settings.fedBy)).toEqual([
    [{ device: "two", part: "outlet/5" }],
    [
      { device: "one", part: "outlet/1" },
      { device: "one", part: "outlet/a.b-2" },
    ],
  ]);
});

test("anchors and merge keys: what a device says itself wins", async () => {
  await using folder = await makeFolder();
  const { devices } = await load(
    folder,
    `devices:
  one: &one { driver: ipmi, host: a, username: u, password: &p !secret bmc, port: 1 }
  two: { <<: *one, host: b, password: *p }
  three: { port: 3, <<: [ { host: c }, *one ] }
`,
  );
  expect(devices.map((device) => "options" in device && device.options)).toMatchObject([
    { host: "a", port: 1 },
    { host: "b", port: 1 },
    { host: "c", port: 3 },
  ]);
  expect(devices.flatMap((device) => ("options" in device ? secretsIn(device.options) : []))).toEqual([canaries.bmc, canaries.bmc, canaries.bmc]);
});

test("the environment gives text, and numbers and truth where these are wanted", async () => {
  await using folder = await makeFolder("pin: 0042\n");
  const { devices, secrets } = await load(
    folder,
    "devices: { a: { driver: ipmi, host: !env HOST, port: !env PORT, verify: !env VERIFY, username: !env USER_NUMBER, password: !secret pin } }",
    {
      HOST: "bmc.lan",
      PORT: "6230",
      VERIFY: "false",
      USER_NUMBER: "17",
    },
  );
  expect(devices[0]).toMatchObject({ options: { host: "bmc.lan", port: 6230, verify: false, username: "17" } });
  expect(devices.flatMap((device) => ("options" in device ? secretsIn(device.options) : []))).toEqual(["0042"]);
  expect(secrets).toContain("bmc.lan");
});

test("paths count from the folder of the file", async () => {
  await using folder = await makeFolder();
  await folder.write("ca.pem", "");
  const { mqtt, data } = await load(folder, "data: /var/lib/rack\nmqtt: { url: mqtts://b:8883, tls: { ca: ca.pem } }");
  expect(mqtt?.tls).toEqual({ ca: join(folder.path, "ca.pem"), rejectUnauthorized: true });
  expect(data).toBe("/var/lib/rack");
  expect(isAbsolute(data)).toBe(true);
});

test("a device that comes of an entry for all of a server may be named; what no entry begins may not", async () => {
  await using folder = await makeFolder();
  const text = (ups: string): string => `nutServer: { names: { ups: nas-office }, users: [ { name: nas, password: x, devices: [nas-lab] } ] }
compat: { pwrstat: { device: nas-office, rest: {} } }
devices:
  nas: { driver: nut, host: same, ups: ${ups} }
  web: { driver: nut, host: other, fedBy: nas-office/outlet/1 }
`;
  const { devices } = await load(folder, text("all"));
  expect(devices[1]?.settings.fedBy).toEqual([{ device: "nas-office", part: "outlet/1" }]);
  const { problems } = await folder.load(text("office"));
  expect(problems.map(({ message }) => message).filter((message) => message.includes("no device"))).toEqual([
    "is no device of this file",
    "is no device of this file",
    "is no device of this file",
    'there is no device "nas-office"',
  ]);
  const { problems: bare } = await folder.load("devices:\n  nas: { driver: nut, host: same, ups: all, fedBy: nas-/outlet/1 }\n");
  expect(bare.map(({ message }) => message)).toEqual(['there is no device "nas-"']);
});
