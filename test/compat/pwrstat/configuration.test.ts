import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Loaded } from "#config/configuration.ts";
import { differences } from "#config/differences.ts";
import { loadConfiguration } from "#config/load.ts";
import { problemSentence } from "#config/problem.ts";
import { createDrivers } from "#driver/registry.ts";
import { sha256 } from "#platform/digest.ts";
import { systemClock } from "#platform/clock.ts";

const devices = "devices:\n  office-ups: { driver: nut, host: 127.0.0.1, ups: office }\n";
const key = "key-of-sixteen-characters-or-more";

const load = async (pwrstat: string): Promise<{ readonly loaded: Loaded; readonly folder: string }> => {
  const folder = mkdtempSync(join(tmpdir(), "rack-power-compat-"));
  try {
    for (const name of ["cert.pem", "key.pem", "ca.pem"]) writeFileSync(join(folder, name), "x");
    writeFileSync(join(folder, "secrets.yaml"), `door: ${key}\nbroker: word-of-the-broker\n`);
    writeFileSync(join(folder, "rack-power.yaml"), `compat: { pwrstat: ${pwrstat} }\n${devices}`);
    return { loaded: await loadConfiguration(join(folder, "rack-power.yaml"), createDrivers(systemClock), {}), folder };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
const problems = async (pwrstat: string): Promise<readonly string[]> =>
  (await load(pwrstat)).loaded.problems.map((problem) => `${problem.line}:${problem.column} ${problemSentence(problem)}`);

test("what is not said is as the forerunner had it", async () => {
  const { loaded } = await load("{ device: office-ups, rest: {}, mqtt: { topic: a b } }");
  expect(loaded.ok && loaded.configuration.compat).toEqual({
    pwrstat: {
      device: "office-ups",
      exact: false,
      rest: { host: "0.0.0.0", port: 5002 },
      mqtt: {
        topic: "a b",
        refresh: 30,
        qos: 0,
        retained: true,
        availability: "a b/availability",
        clientId: "pwrstat_mqtt",
        tls: { rejectUnauthorized: true },
      },
    },
  });
  const without = await load("{ device: office-ups }");
  expect(without.loaded.ok && without.loaded.configuration.compat).toEqual({ pwrstat: { device: "office-ups", exact: false } });
});

test("files are found beside the configuration, keys are kept as what tells them, and none is shown", async () => {
  const tls = "tls: { cert: cert.pem, key: key.pem }";
  const { loaded, folder } = await load(
    `{ device: office-ups, rest: { ${tls}, key: !secret door }, prometheus: { listen: ":9222", ${tls}, labels: { rack: a } }, mqtt: { topic: a, availability: none, url: "mqtts://b", username: u, password: !secret broker, tls: { ca: ca.pem } } }`,
  );
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  expect(loaded.problems).toEqual([]);
  const { pwrstat } = (loaded.ok && loaded.configuration.compat) || {};
  expect(pwrstat?.rest).toEqual({ host: "0.0.0.0", port: 5002, tls: files, keyHash: sha256(key) });
  expect(pwrstat?.prometheus).toEqual({ host: "0.0.0.0", port: 9222, tls: files, labels: { rack: "a" } });
  expect(pwrstat?.mqtt).not.toHaveProperty("availability");
  expect(pwrstat?.mqtt?.tls).toEqual({ ca: join(folder, "ca.pem"), rejectUnauthorized: true });
  expect(loaded.ok && loaded.configuration.secrets).toEqual(expect.arrayContaining([key, "word-of-the-broker"]));
  expect(JSON.stringify(loaded)).not.toContain(`"password":"word`);
});

test("what is wrong is told with its place", async () => {
  const rows: readonly (readonly [string, string])[] = [
    ["{ rest: {} }", "1:11 compat.pwrstat.device: is missing; expected text (UPS that is shown: its id below devices)"],
    ["{ device: ofice-ups }", '1:30 compat.pwrstat.device: is no device of this file. Did you mean "office-ups"?'],
    [
      "{ device: office-ups, exact: ja }",
      "1:49 compat.pwrstat.exact: is text; expected true or false (true: the old text to the last byte, with frequencies ten times too large)",
    ],
    [
      "{ device: office-ups, mqtt: { topic: a/# } }",
      "1:57 compat.pwrstat.mqtt.topic: is no topic: no # or +; expected text (Where the status goes, as one JSON object)",
    ],
    ["{ device: office-ups, mqtt: { topic: a, qos: 3 } }", "1:65 compat.pwrstat.mqtt.qos: is none of the possible words; expected 0, 1 or 2"],
    [
      "{ device: office-ups, mqtt: { topic: a, url: 'mqtt://b', username: u } }",
      "1:87 compat.pwrstat.mqtt.username: username and password go together; expected text",
    ],
    ["{ device: office-ups, mqtt: { topic: a, username: u, password: p } }", "1:70 compat.pwrstat.mqtt.username: goes with a url of its own; expected text"],
    [
      "{ device: office-ups, prometheus: { listen: ':1', labels: { state: x } } }",
      "1:80 compat.pwrstat.prometheus.labels.state: is the name of a label that the metrics have already",
    ],
    [
      "{ device: office-ups, rest: { listen: ':1' }, prometheus: { listen: '127.0.0.1:1' } }",
      "1:88 compat.pwrstat.prometheus.listen: has the port of rest; expected text (Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099)",
    ],
    ["{ device: office-ups, rest: { tls: { cert: cert.pem, key: no.pem } } }", "1:78 compat.pwrstat.rest.tls.key: there is no such file, or it cannot be read"],
  ];
  for (const [text, line] of rows) expect(await problems(text), text).toEqual([line]);
});

test("a wrong section costs only itself, and a changed one is seen", async () => {
  const { loaded } = await load("{ device: 5 }");
  expect(loaded.ok).toBe(false);
  if (loaded.ok || !loaded.usable) throw new Error("nothing is usable");
  expect(loaded.usable.leftOut).toEqual(["compat"]);
  expect(loaded.usable.configuration.devices.map((device) => "options" in device)).toEqual([true]);
  const [one, other] = [(await load("{ device: office-ups }")).loaded, (await load("{ device: office-ups, exact: true }")).loaded];
  if (!one.ok || !other.ok) throw new Error("wrong");
  const beside = { ...other.configuration, data: one.configuration.data };
  expect(differences(one.configuration, beside).sections).toEqual(["compat"]);
  expect(differences(one.configuration, { ...one.configuration }).sections).toEqual([]);
});
