import { expect, test } from "vitest";
import { makeFolder } from "./fixture.ts";

/** A text that as a whole is wrong, the sections that are left out, and the devices that can be run or shown all the same; undefined when nothing can. */
const wrong: readonly (readonly [string, string, readonly string[] | undefined, readonly string[]])[] = [
  ["unknown section", "nonsense: 1\ndevices:\n  a: { driver: nut, host: a }\n", ["nonsense"], ["a"]],
  ["wrong broker", "mqtt: { url: 7 }\nlog: debug\ndevices:\n  a: { driver: nut, host: a }\n", ["mqtt"], ["a"]],
  ["two wrong sections", "mqtt: 1\nrest: { listen: x }\ndevices: {}\n", ["mqtt", "rest"], []],
  ["secret that is not there", "mqtt: { url: mqtt://a, password: !secret none }\ndevices: {}\n", ["mqtt"], []],
  ["certificate that is not there", "mqtt: { url: mqtt://a, tls: { ca: none.pem } }\ndevices: {}\n", ["mqtt"], []],
  ["section and device", "log: loud\ndevices:\n  a: { driver: nut, host: a }\n  b: { driver: nut }\n", ["log"], ["a", "b"]],
  ["no YAML", "devices: {\n", undefined, []],
  ["devices that are none", "mqtt: { url: mqtt://a }\ndevices: [a]\n", undefined, []],
  ["empty file", "", undefined, []],
  ["no map", "- a\n", undefined, []],
];

test.each(wrong)("%s", async (_, text, leftOut, devices) => {
  await using folder = await makeFolder();
  const loaded = await folder.load(text);
  expect(loaded.ok).toBe(false);
  expect(loaded.problems.length).toBeGreaterThan(0);
  const usable = loaded.ok ? undefined : loaded.usable;
  expect(usable?.leftOut.toSorted()).toEqual(leftOut);
  expect((usable?.configuration.devices ?? []).map(({ settings }) => settings.id)).toEqual(devices);
  for (const name of leftOut ?? []) expect(usable?.configuration).not.toHaveProperty(name);
});

test("what stays is as in a file without the wrong sections", async () => {
  await using folder = await makeFolder();
  const rest =
    "rest: { keys: [ { name: a, key: 0123456789abcdef, scopes: [read] } ] }\nlog: debug\ndevices:\n  a: { driver: nut, host: a, password: geheim }\n";
  const [good, bad] = [await folder.load(rest), await folder.load(`${rest}mqtt: { url: nonsense }\n`)];
  expect(!bad.ok && bad.usable?.configuration).toEqual(good.ok && good.configuration);
});
