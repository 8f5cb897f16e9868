import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfiguration } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import { canaries, drivers, example, lines, makeFolder } from "./fixture.ts";

const nutKeys = "driver, name, area, fedBy, interval, onBatteryAfter, parts, host, port, ups, username or password";

/** Wrong device entries (each in a file of its own, as the value of `devices:`) and every line that a person then reads. */
const devices: readonly (readonly [string, string, readonly string[]])[] = [
  ["unknown key", "  a: { driver: nut, hots: b, host: c }", [`rack-power.yaml:2:21: devices.a.hots: unknown key; expected ${nutKeys}`]],
  [
    "misspelt key",
    "  a: { driver: nut, hsot: c }",
    [
      "rack-power.yaml:2:3: devices.a.host: is missing; expected text (Name or IP address of the device)",
      `rack-power.yaml:2:21: devices.a.hsot: unknown key; expected ${nutKeys}. Did you mean "host"?`,
    ],
  ],
  ["wrong type", "  a: { driver: nut, host: 5 }", ["rack-power.yaml:2:27: devices.a.host: is a number; expected text (Name or IP address of the device)"]],
  [
    "number out of range",
    "  a:\n    driver: nut\n    host: b\n    port: 70000",
    ["rack-power.yaml:5:11: devices.a.port: is too large; expected a whole number from 1 to 65535 (Port; usually 3493)"],
  ],
  [
    "no whole number",
    "  a: { driver: nut, host: b, port: 1.5 }",
    ["rack-power.yaml:2:36: devices.a.port: is no such number; expected a whole number from 1 to 65535 (Port; usually 3493)"],
  ],
  ...(
    [
      ["a port in the host", "b:3493", "holds a port, which has a key of its own"],
      ["a port behind an IPv6 address", "'[::1]:3493'", "holds a port, which has a key of its own"],
      ["a URL for a host", "https://b", "is a URL; only its host is wanted"],
      ["no IPv6 address", "::g", "is no IPv6 address"],
      ["half a bracket", "'[::1'", "is no IPv6 address"],
      ["a link-local address without its zone", "fe80::1", "is a link-local address, which needs its interface behind it, such as fe80::1%eth0"],
      ["no IPv4 address", "192.168.1.256", "is no IPv4 address"],
      ["no host", "b c", "is no name and no IP address"],
      ["several hosts", "[::1, ::2]", "is a list"],
    ] as const
  ).map(
    ([what, host, message]) =>
      [
        what,
        `  a: { driver: nut, host: ${host} }`,
        [`rack-power.yaml:2:27: devices.a.host: ${message}; expected text (Name or IP address of the device)`],
      ] as const,
  ),
  ["empty value", "  a: { driver: nut, host: }", ["rack-power.yaml:2:21: devices.a.host: is empty; expected text (Name or IP address of the device)"]],
  ["duplicate key", "  a: { driver: nut, host: b, host: c }", ["rack-power.yaml:2:30: devices.a.host: this key is here twice"]],
  ["duplicate device", "  a: { driver: nut, host: b }\n  a: { driver: nut, host: c }", ["rack-power.yaml:3:3: devices.a: this key is here twice"]],
  [
    "unknown driver",
    "  a: { driver: nutt, whatever: 1 }",
    ['rack-power.yaml:2:16: devices.a.driver: there is no such driver; expected nut, snmp, ipmi. Did you mean "nut"?'],
  ],
  ["no driver", "  a: { host: b }", ["rack-power.yaml:2:3: devices.a.driver: is missing; expected nut, snmp, ipmi"]],
  [
    "no word of a choice",
    "  a: { driver: ipmi, host: b, username: u, password: p, interface: ipmtool }",
    ['rack-power.yaml:2:68: devices.a.interface: is none of the possible words; expected native or ipmitool. Did you mean "ipmitool"?'],
  ],
  [
    "no branch of a union",
    "  a: { driver: snmp, host: b, version: 4 }",
    ["rack-power.yaml:2:40: devices.a.version: is none of the possible words; expected 1, 2c or 3"],
  ],
  [
    "wrong within a branch",
    "  a: { driver: snmp, host: b, version: 2c, user: x }",
    [
      "rack-power.yaml:2:3: devices.a.community: is missing; expected text (Community)",
      "rack-power.yaml:2:44: devices.a.user: unknown key; expected driver, name, area, fedBy, interval, onBatteryAfter, parts, version, host, port, community or user",
    ],
  ],
  [
    "missing secret",
    "  a: { driver: nut, host: b, password: !secret nutt }",
    ['rack-power.yaml:2:48: devices.a.password: secrets.yaml has no text of this name. Did you mean "nut"?'],
  ],
  [
    "missing variable",
    "  a: { driver: nut, host: b, password: !env NUT_PASSWORD }",
    ["rack-power.yaml:2:45: devices.a.password: the environment has no such variable"],
  ],
  [
    "unknown tag",
    "  a: { driver: nut, host: b, password: !secrets nut }",
    ['rack-power.yaml:2:49: devices.a.password: unknown tag; expected !secret or !env with a name. Did you mean "!secret"?'],
  ],
  [
    "tag on a map",
    "  a: { driver: nut, host: !secret { b: c } }",
    ["rack-power.yaml:2:35: devices.a.host: !secret takes a name; expected !secret or !env with a name"],
  ],
  [
    "unknown alias",
    "  a: { driver: nut, host: *b }",
    ["rack-power.yaml:2:27: devices.a.host: there is no anchor (&) of this name above; a text that begins with * needs quotes"],
  ],
  ["alias in itself", "  a: &a { driver: nut, host: *a }", ["rack-power.yaml:2:9: devices.a.host: this alias contains itself"]],
  ["wrong merge", "  a: { driver: nut, host: b, <<: 5 }", ["rack-power.yaml:2:34: devices.a.<<: << can only merge a map"]],
  ["prototype", "  a: { driver: nut, host: b, __proto__: { c: 1 } }", ["rack-power.yaml:2:30: devices.a.__proto__: no key can have this name"]],
  [
    "no such device in fedBy",
    "  a: { driver: nut, host: b, fedBy: [c/outlet/1] }\n  cc: { driver: nut, host: b, fedBy: aa/outlet/1 }",
    ['rack-power.yaml:2:38: devices.a.fedBy[0]: there is no device "c"', 'rack-power.yaml:3:38: devices.cc.fedBy: there is no device "aa"'],
  ],
  [
    "misspelt device in fedBy",
    "  rack-pdu: { driver: nut, host: b }\n  b: { driver: nut, host: b, fedBy: rack-pud/outlet/1 }",
    ['rack-power.yaml:3:37: devices.b.fedBy: there is no device "rack-pud". Did you mean "rack-pdu"?'],
  ],
  ["fed by itself", "  a: { driver: nut, host: b, fedBy: a/outlet/1 }", ["rack-power.yaml:2:37: devices.a.fedBy: a device cannot feed itself"]],
  [
    "no reference",
    "  a: { driver: nut, host: b, fedBy: outlet 5 }",
    ["rack-power.yaml:2:37: devices.a.fedBy: is no device and part; expected text or a list (Device and part, such as rack-pdu/outlet/5)"],
  ],
  [
    "no span of time",
    "  a: { driver: nut, host: b, interval: 10 sec }",
    [
      "rack-power.yaml:2:40: devices.a.interval: is no span of time; expected a number or text (Time between polls, such as 10s, 500ms, 1m, or a number of seconds)",
    ],
  ],
  [
    "too short a time",
    "  a: { driver: nut, host: b, interval: 0 }",
    [
      "rack-power.yaml:2:40: devices.a.interval: must be from 200ms to 1h; expected a number or text (Time between polls, such as 10s, 500ms, 1m, or a number of seconds)",
    ],
  ],
  [
    "misspelt lock",
    "  a: { driver: nut, host: b, parts: { outlet/3: { lock: lokced } } }",
    [
      'rack-power.yaml:2:57: devices.a.parts.outlet/3.lock: is none of the possible words; expected locked or confirm (locked: never switched. confirm: only with a token). Did you mean "locked"?',
    ],
  ],
  [
    "unknown key of a part",
    "  a: { driver: nut, host: b, parts: { outlet/3: { loc: locked } } }",
    ['rack-power.yaml:2:51: devices.a.parts.outlet/3.loc: unknown key; expected name, lock, allowHomeAssistant or feedsThisHost. Did you mean "lock"?'],
  ],
  ["no part", "  a: { driver: nut, host: b, parts: { Outlet 3: {} } }", ["rack-power.yaml:2:39: devices.a.parts.Outlet…: is no part, such as outlet/3"]],
  [
    "no id",
    "  Office UPS: { driver: nut, host: b }",
    [
      'rack-power.yaml:2:3: devices.Office…: is no id for a device; expected small letters, digits, - and _, at most 64, beginning with a letter or digit. Did you mean "office-ups"?',
    ],
  ],
  ["empty entry", "  a:", ["rack-power.yaml:2:3: devices.a: is empty; expected keys and values, the first of which is driver"]],
  ["entry that is no map", "  a: [1]", ["rack-power.yaml:2:6: devices.a: is not a device; expected keys and values, the first of which is driver"]],
];

test.each(devices)("%s: the device is quarantined, the other runs", async (_, entries, expected) => {
  await using folder = await makeFolder();
  const loaded = await folder.load(`devices:\n${entries}\n  good: { driver: nut, host: here }\n`);
  expect(lines(loaded.problems)).toEqual(expected);
  expect(loaded.ok).toBe(true);
  const run = loaded.ok ? loaded.configuration.devices.filter((device) => "options" in device).map(({ settings }) => settings.id) : [];
  expect(run).toContain("good");
  expect(run).not.toContain("a");
});

/** Wrong files as a whole. */
const files: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "unknown section",
    "mqqt: {}\ndevices: {}",
    ['rack-power.yaml:1:1: mqqt: unknown key; expected mqtt, rest, compat, nutServer, data, log or devices. Did you mean "mqtt"?'],
  ],
  [
    "no address of a broker",
    "mqtt: { url: 'http://a' }",
    ["rack-power.yaml:1:14: mqtt.url: is no address of a broker; expected text (mqtt://host:1883, mqtts://host:8883, ws://… or wss://…)"],
  ],
  [
    "password in the address",
    "mqtt: { url: 'mqtt://u:p@a' }",
    [
      "rack-power.yaml:1:14: mqtt.url: must not hold a user or password; write them as username and password; expected text (mqtt://host:1883, mqtts://host:8883, ws://… or wss://…)",
    ],
  ],
  [
    "wildcard in a topic",
    "mqtt: { url: 'mqtt://a', baseTopic: rack/# }",
    ["rack-power.yaml:1:37: mqtt.baseTopic: is no topic: no spaces, # or +, no / at either end; expected text (All our topics begin with this)"],
  ],
  [
    "certificate without key",
    "mqtt: { url: 'mqtts://a', tls: { cert: a.pem } }",
    [
      "rack-power.yaml:1:40: mqtt.tls.cert: cert and key go together; expected text (PEM file of our certificate)",
      "rack-power.yaml:1:40: mqtt.tls.cert: there is no such file, or it cannot be read",
    ],
  ],
  [
    "whatever else is wrong",
    [
      "mqtt: { url: 'http://a', tls: { ca: no.pem } }",
      "rest: { listen: nowhere, keys: [ { name: me, key: aaaaaaaaaaaaaaaa, scopes: [read] }, { name: me, key: aaaaaaaaaaaaaaaa, scopes: [reed] } ] }",
    ].join("\n"),
    [
      "rack-power.yaml:1:14: mqtt.url: is no address of a broker; expected text (mqtt://host:1883, mqtts://host:8883, ws://… or wss://…)",
      "rack-power.yaml:1:37: mqtt.tls.ca: there is no such file, or it cannot be read",
      "rack-power.yaml:2:17: rest.listen: is no address and port; expected text (Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099)",
      "rack-power.yaml:2:95: rest.keys[1].name: is the name of a key above",
      "rack-power.yaml:2:104: rest.keys[1].key: is the same key as one above",
      'rack-power.yaml:2:131: rest.keys[1].scopes[0]: is none of the possible words; expected read, control or admin. Did you mean "read"?',
    ],
  ],
  ["no such file", "mqtt: { url: 'mqtts://a', tls: { ca: no.pem } }", ["rack-power.yaml:1:38: mqtt.tls.ca: there is no such file, or it cannot be read"]],
  [
    "no address to listen on",
    "rest: { listen: 8099 }",
    ["rack-power.yaml:1:17: rest.listen: is a number; expected text (Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099)"],
  ],
  [
    "no port to listen on",
    "rest: { listen: localhost }",
    ["rack-power.yaml:1:17: rest.listen: is no address and port; expected text (Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099)"],
  ],
  [
    "no IPv6 address to listen on",
    "rest: { listen: '[::g]:8099' }",
    [
      "rack-power.yaml:1:17: rest.listen: the address before the port is no IPv6 address; expected text (Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099)",
    ],
  ],
  [
    "an IPv6 address to listen on, without brackets",
    "rest: { listen: ::1:8099 }",
    ["rack-power.yaml:1:17: rest.listen: is no address and port; expected text (Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099)"],
  ],
  [
    "an IPv6 broker without brackets",
    "mqtt: { url: mqtt://::1:1883 }",
    ["rack-power.yaml:1:14: mqtt.url: is no address of a broker; expected text (mqtt://host:1883, mqtts://host:8883, ws://… or wss://…)"],
  ],
  [
    "short key",
    "rest: { keys: [ { name: a, key: short, scopes: [read] } ] }",
    [
      "rack-power.yaml:1:33: rest.keys[0].key: is too short to be safe: at least 16 characters, such as from openssl rand -hex 24; expected text (Text of the X-API-Key header)",
    ],
  ],
  [
    "unknown scope",
    "rest: { keys: [ { name: a, key: 0123456789abcdef, scopes: [raed] } ] }",
    ['rack-power.yaml:1:60: rest.keys[0].scopes[0]: is none of the possible words; expected read, control or admin. Did you mean "read"?'],
  ],
  [
    "no scope",
    "rest: { keys: [ { name: a, key: 0123456789abcdef, scopes: [] } ] }",
    ["rack-power.yaml:1:59: rest.keys[0].scopes: is empty; expected a list (What it may do)"],
  ],
  [
    "same name and key twice",
    "rest:\n  keys:\n    - { name: a, key: 0123456789abcdef, scopes: [read] }\n    - { name: a, key: 0123456789abcdef, scopes: [read] }",
    ["rack-power.yaml:4:15: rest.keys[1].name: is the name of a key above", "rack-power.yaml:4:23: rest.keys[1].key: is the same key as one above"],
  ],
  ["unknown level", "log: verbose", ["rack-power.yaml:1:6: log: is none of the possible words; expected debug, info, warn or error (How much is told)"]],
  ["devices as a list", "devices: [ a ]", ["rack-power.yaml:1:10: devices: is no map of devices; expected an id for each device"]],
  ["section twice", "log: info\nlog: info", ["rack-power.yaml:2:1: log: this key is here twice"]],
  ["empty file", "", ["rack-power.yaml:1:1: is empty; expected keys and values"]],
  ["missing bracket", "mqtt: { url: a\ndevices: {}", ["rack-power.yaml:2:1: the indentation does not fit the lines above"]],
  ["tab", "devices:\n\ta: 1", ["rack-power.yaml:2:1: a tab cannot indent; use spaces"]],
  ["two documents", "log: info\n---\nlog: info", ["rack-power.yaml:2:1: the file holds more than one document (---)"]],
];

test.each(files)("%s: nothing runs", async (_, text, expected) => {
  await using folder = await makeFolder();
  const loaded = await folder.load(text);
  expect(lines(loaded.problems)).toEqual(expected);
  expect(loaded.ok).toBe(false);
});

test("everything that is wrong is told in one pass, in the order of the file", async () => {
  await using folder = await makeFolder();
  const text = example.replace("rest: {", "rest: { lisen: 1, ").replace("ups: office", "upps: office").replace("lock: locked", "lock: 5").replace("10s", "10y");
  const { problems, ok } = await folder.load(text);
  expect(ok).toBe(false);
  expect(problems.map(({ line, path }) => [line, path])).toEqual([
    [2, "rest.lisen"],
    [5, "devices.office-ups.upps"],
    [12, "devices.rack-pdu.parts.outlet/3.lock"],
    [13, "devices.web.interval"],
  ]);
});

test("a quarantined device keeps what could be read", async () => {
  await using folder = await makeFolder();
  const loaded = await folder.load("devices:\n  a: { driver: nut, name: Office, area: Cellar, port: x, interval: 1m, fedBy: 5 }\n");
  expect(loaded.ok && loaded.configuration.devices[0]).toMatchObject({
    settings: { id: "a", driver: "nut", name: "Office", area: "Cellar", interval: 60, fedBy: [], parts: {} },
    problems: [{ path: "devices.a.host" }, { path: "devices.a.port" }, { path: "devices.a.fedBy" }],
  });
});

test("ids that are none get one each that is safe in a topic", async () => {
  await using folder = await makeFolder();
  const loaded = await folder.load("devices:\n  a-b: { driver: nut, host: x }\n  a b: {}\n  'A/+B': {}\n  '#': {}\n  ÄÖ: {}\n");
  const ids = loaded.ok ? loaded.configuration.devices.map(({ settings }) => settings.id) : [];
  expect(ids).toEqual(["a-b", "a-b-2", "a-b-3", "device", "device-2"]);
});

test("secrets that are missing or broken are told where they are asked for", async () => {
  await using without = await makeFolder("");
  expect(lines((await without.load("mqtt: { url: 'mqtt://a', password: !secret mqtt }")).problems)).toEqual([
    "rack-power.yaml:1:44: mqtt.password: there is no secrets.yaml",
  ]);
  await using broken = await makeFolder("a: b\nc: 'hidden-password\n");
  const loaded = await broken.load("devices: { a: { driver: nut, host: b, password: !secret c }, d: { driver: nut, host: b } }");
  expect(lines(loaded.problems)).toEqual([
    "rack-power.yaml:1:57: devices.a.password: secrets.yaml:3:1 cannot be read: something is missing here: a quote, a comma, a colon or a closing bracket",
  ]);
  expect(loaded.ok && loaded.configuration.devices).toHaveLength(2);
});

test("a secret that stands where a key should is not shown", async () => {
  await using folder = await makeFolder();
  const device = (entry: string): string => `devices:\n  a: { driver: nut, host: b, ${entry} }\n`;
  const known = await folder.load(device(`password: !secret nut, ${canaries.nut}: 1`));
  expect(lines(known.problems)).toEqual([`rack-power.yaml:2:53: devices.a.[secret]: unknown key; expected ${nutKeys}`]);
  const comma = await folder.load(device("password: first, second-half"));
  expect(lines(comma.problems)).toEqual([`rack-power.yaml:2:47: devices.a.…: unknown key; expected ${nutKeys}`]);
  const colon = await folder.load(device("password hunter2: x"));
  expect(lines(colon.problems)).toEqual([`rack-power.yaml:2:30: devices.a.password…: unknown key; expected ${nutKeys}`]);
});

test.each([
  ["nested without end", "[".repeat(100_000)],
  ["very large", `a: ${"x".repeat(1_000_000)}`],
  ["no map", "- a"],
  ["empty", ""],
])("secrets.yaml that is %s spoils only what asks for a secret", async (_, text) => {
  await using folder = await makeFolder("old: text");
  await folder.write("secrets.yaml", text);
  const loaded = await folder.load("devices: { a: { driver: nut, host: b, password: !secret c }, d: { driver: nut, host: b } }");
  expect(loaded.ok && loaded.configuration.devices.map((device) => "problems" in device)).toEqual([true, false]);
  expect(loaded.problems).toMatchObject([{ line: 1, path: "devices.a.password", message: expect.stringContaining("secrets.yaml") as string }]);
});

test("a file that is not there or no file", async () => {
  await using folder = await makeFolder();
  const missing = await loadConfiguration(join(folder.path, "no.yaml"), drivers, {});
  expect(missing.problems.map(formatProblem)).toEqual([`${join(folder.path, "no.yaml")}:1:1: there is no such file`]);
  await mkdir(join(folder.path, "folder.yaml"));
  const other = await loadConfiguration(join(folder.path, "folder.yaml"), drivers, {});
  expect(other).toMatchObject({ ok: false, problems: [{ message: "cannot be read (EISDIR)" }] });
});
