import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadConfiguration } from "#config/load.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";
import { runCli, type Ended } from "../../cli/cli-rig.ts";

interface Folder extends Disposable {
  write(name: string, text: string): string;
  read(name: string): string;
  mode(name: string): number;
  importing(text: string, ...words: readonly string[]): Promise<Ended>;
  path(name: string): string;
}
const makeFolder = (): Folder => {
  const root = mkdtempSync(join(tmpdir(), "rack-power-import-"));
  const path = (name: string): string => join(root, name);
  return {
    path,
    write: (name, text) => (writeFileSync(path(name), text), path(name)),
    read: (name) => readFileSync(path(name), "utf8"),
    mode: (name) => statSync(path(name)).mode & 0o777,
    importing: async (text, ...words) => {
      writeFileSync(path("pwrstat.yaml"), text);
      const ended = await runCli(["import", path("pwrstat.yaml"), ...words]);
      return { ...ended, err: ended.err.replaceAll(`${root}/`, ""), out: ended.out.replaceAll(`${root}/`, "") };
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
};
const load = (file: string) => loadConfiguration(file, createDrivers(systemClock), {});

/** Every key that there is, none with its default. */
const whole = `---
pwrstat_api:
  log_level: DEBUG
mqtt:
  broker: "192.168.1.5"
  port: 1884
  client_id: "pwrstat_cellar"
  topic: "/sensors/basement power/ups"
  refresh: 15
  qos: 1
  retained: false
  username: "cellar"
  password: "correct horse battery"
rest:
  port: 5003
  bind_address: "127.0.0.1"
prometheus:
  port: 9222
  bind_address: "192.168.1.6"
  labels:
    rack: "0"
`;

test("every key of the old file arrives in the configuration that is made of it", async () => {
  using folder = makeFolder();
  const { code, out, err } = await folder.importing(whole, "--to", folder.path("rack-power.yaml"));
  expect([code, out]).toEqual([0, ""]);
  const loaded = await load(folder.path("rack-power.yaml"));
  expect(loaded.problems).toEqual([]);
  expect(loaded).toMatchObject({
    ok: true,
    configuration: {
      log: "debug",
      devices: [{ settings: { id: "ups", driver: "pwrstat" } }],
      compat: {
        pwrstat: {
          device: "ups",
          exact: false,
          rest: { host: "127.0.0.1", port: 5003 },
          mqtt: {
            url: "mqtt://192.168.1.5:1884",
            clientId: "pwrstat_cellar",
            topic: "/sensors/basement power/ups",
            refresh: 15,
            qos: 1,
            retained: false,
            availability: "/sensors/basement power/ups/availability",
            username: "cellar",
          },
          prometheus: { host: "192.168.1.6", port: 9222, labels: { rack: "0" } },
        },
      },
      secrets: ["correct horse battery"],
    },
  });
  expect(folder.mode("secrets.yaml")).toBe(0o600);
  expect(folder.read("secrets.yaml")).toBe('pwrstat-mqtt: "correct horse battery"\n');
  for (const text of [out, err, folder.read("rack-power.yaml")]) expect(text).not.toContain("correct horse");
  // A word on every key, with its place.
  const keys = [...whole.matchAll(/^ {2}(\w+): \S|^ {2}(labels):/gm)];
  expect(keys.length).toBe(15);
  for (const { 1: key, 2: other, index } of keys) {
    const line = whole.slice(0, index).split("\n").length;
    expect(err).toMatch(new RegExp(`^(mapped|changed) +pwrstat.yaml:${line}:3: \\w+\\.${key ?? other} → `, "m"));
  }
});

test("without --to the lines are printed, and of the password no more than where it belongs", async () => {
  using folder = makeFolder();
  const { code, out, err } = await folder.importing(whole);
  expect(code).toBe(0);
  expect(out).toContain("password: !secret pwrstat-mqtt\n");
  expect(err).toContain('secret   secrets.yaml needs a line "pwrstat-mqtt: …" with the password of pwrstat.yaml\n');
  expect(`${out}${err}`).not.toContain("correct horse");
  expect(Object.keys(parse(out.replace("!secret ", "")) as object)).toEqual(["devices", "log", "compat"]);
});

test("what the old file leaves out is as the forerunner had it", async () => {
  using folder = makeFolder();
  await folder.importing("mqtt: { topic: ups, username: alone }\nrest: {}\nother: 1\n", "--to", folder.path("rack-power.yaml"));
  const loaded = await load(folder.path("rack-power.yaml"));
  expect(loaded.ok && loaded.configuration.compat?.pwrstat).toMatchObject({
    rest: { host: "0.0.0.0", port: 5002 },
    mqtt: { url: "mqtt://192.168.1.100:1883", clientId: "pwrstat_mqtt", topic: "ups", refresh: 30, qos: 0, retained: true },
  });
  const { err } = await folder.importing("mqtt: { topic: ups, username: alone }\nrest: {}\nother: 1\n");
  expect(err).toContain("changed  pwrstat.yaml:1:1: mqtt → compat.pwrstat.mqtt.url: mqtt://192.168.1.100:1883, which the forerunner took without being told\n");
  expect(err).toContain("ignored  pwrstat.yaml:1:21: mqtt.username → user and password count together only\n");
  expect(err).toContain("ignored  pwrstat.yaml:3:1: other → the forerunner did not read it either\n");
});

const own = `# My rack
log: warn # quiet
devices:
  office-ups: { driver: nut, host: 192.168.1.20, ups: office } # the good one
mqtt: { url: mqtt://127.0.0.1 }
`;

test("an existing configuration keeps every character, and one that has been imported into is left alone", async () => {
  using folder = makeFolder();
  const file = folder.write("rack-power.yaml", own);
  folder.write("secrets.yaml", "# mine\npwrstat-mqtt: another\n");
  const first = await folder.importing(whole, "--to", file, "--device", "office-ups");
  expect(first.code).toBe(0);
  expect(first.err).toContain("ignored  pwrstat.yaml:3:3: pwrstat_api.log_level → the configuration says already how much is told\n");
  const after = folder.read("rack-power.yaml");
  expect(after.startsWith(own)).toBe(true);
  expect(folder.read("secrets.yaml")).toBe('# mine\npwrstat-mqtt: another\npwrstat-mqtt-2: "correct horse battery"\n');
  const loaded = await load(file);
  expect(loaded.ok && loaded.configuration).toMatchObject({ log: "warn", compat: { pwrstat: { device: "office-ups" } } });
  expect(loaded.ok && loaded.configuration.devices).toHaveLength(1);
  const second = await folder.importing(whole, "--to", file);
  expect([second.code, second.err]).toEqual([3, "rack-power.yaml has a section compat already; nothing was changed\n"]);
  expect(folder.read("rack-power.yaml")).toBe(after);
});

test("without --device the vendor's daemon joins the devices that are there", async () => {
  using folder = makeFolder();
  const file = folder.write("rack-power.yaml", own.replace("office-ups", "ups"));
  expect((await folder.importing("rest: {}\n", "--to", file)).code).toBe(0);
  const loaded = await load(file);
  expect(loaded.ok && loaded.configuration.devices.map(({ settings }) => [settings.id, settings.driver])).toEqual([
    ["ups", "nut"],
    ["ups-2", "pwrstat"],
  ]);
  expect(loaded.ok && loaded.configuration.compat?.pwrstat?.device).toBe("ups-2");
});

describe("refused with line and column, and nothing written", () => {
  const rows: readonly (readonly [text: string, line: string])[] = [
    ["mqtt: { broker: a }", "1:1: mqtt.topic: is missing; expected text (The forerunner had no default that worked)"],
    ["mqtt:\n  topic: a/#\n", "2:10: mqtt.topic: is no topic: no # or +; expected text (The forerunner had no default that worked)"],
    [
      "mqtt:\n  topic: a\n  retain: true\n",
      '3:3: mqtt.retain: unknown key; expected broker, port, client_id, topic, refresh, qos, retained, username or password. Did you mean "retained"?',
    ],
    ["mqtt:\n  topic: a\n  qos: 3\n", "3:8: mqtt.qos: is none of the possible words; expected 0, 1 or 2"],
    ["mqtt:\n  topic: a\n  refresh: 0\n", "3:12: mqtt.refresh: is too small; expected a whole number from 1 to 86400 (Seconds)"],
    ["mqtt: 5", "1:7: mqtt: is a number; expected keys and values"],
    ["rest:\n  prot: 5002\n", '2:3: rest.prot: unknown key; expected port or bind_address. Did you mean "port"?'],
    ["rest:\n  port: '5002'\n", "2:9: rest.port: is text; expected a whole number from 1 to 65535"],
    ["rest:\n  bind_address: 0.0.0\n", "2:17: rest.bind_address: is no IPv4 address; expected text"],
    ["rest: {}\nprometheus: {}\n", "2:1: prometheus.port: is the port of rest: one of them needs another; expected a whole number from 1 to 65535"],
    ["prometheus: { port: 1, labels: { state: a } }", "1:34: prometheus.labels.state: is the name of a label that the metrics have already"],
    ["prometheus: { port: 1, labels: { rack: 0 } }", "1:40: prometheus.labels.rack: is a number; expected text"],
    [
      "rest: {}\npwrstat_api: { log_level: LOUD }",
      "2:27: pwrstat_api.log_level: is none of the possible words; expected DEBUG, INFO, WARNING, WARN, ERROR, CRITICAL, FATAL or NOTSET",
    ],
    ["rest: {\n", "2:1: the indentation does not fit the lines above"],
    ["rest: { port: 6000, port: 6001 }", "1:21: rest.port: this key is here twice"],
    ["pwrstat_api: {}\n", "1:1: has none of mqtt, rest, prometheus"],
    ["", "1:1: is empty; expected keys and values"],
  ];
  test.each(rows)("%j", async (text, line) => {
    using folder = makeFolder();
    const { code, out, err } = await folder.importing(text, "--to", folder.path("rack-power.yaml"));
    expect([code, out]).toEqual([78, ""]);
    expect(err).toBe(`refused  pwrstat.yaml:${line}\nNothing was imported.\n`);
    expect(() => folder.read("rack-power.yaml")).toThrow("ENOENT");
  });
  test("all at once", async () => {
    using folder = makeFolder();
    const { err } = await folder.importing("mqtt: { prot: 1 }\nrest: { port: 0 }\n");
    expect(err.match(/^refused /gm)).toHaveLength(3);
  });
});

test("files that are not there, or no files, and wishes that cannot be had", async () => {
  using folder = makeFolder();
  const file = folder.write("rack-power.yaml", own);
  expect(await runCli(["import", folder.path("no.yaml")])).toMatchObject({ code: 2, err: `${folder.path("no.yaml")}: there is no such file\n` });
  expect(await runCli(["import", folder.path("")])).toMatchObject({ code: 2, err: expect.stringContaining("cannot be read (EISDIR)") as string });
  expect(await folder.importing("rest: {}\n", "--device", "ups")).toMatchObject({ code: 2 });
  expect(await folder.importing("rest: {}\n", "--to", file, "--device", "uups")).toMatchObject({
    code: 2,
    err: expect.stringContaining("no device uups") as string,
  });
  folder.write("rack-power.yaml", "{ devices: {} }");
  expect(await folder.importing("rest: {}\n", "--to", file)).toMatchObject({ code: 3, err: expect.stringContaining("paste the lines") as string });
  folder.write("rack-power.yaml", "devices: {\n");
  expect(await folder.importing("rest: {}\n", "--to", file)).toMatchObject({ code: 78, err: expect.stringContaining("put right first") as string });
  folder.write("rack-power.yaml", "devices: {}\nlog: loud\n");
  expect(await folder.importing("rest: {}\n", "--to", file)).toMatchObject({ code: 78, err: expect.stringContaining("Nothing was written") as string });
  expect(folder.read("rack-power.yaml")).toBe("devices: {}\nlog: loud\n");
});
