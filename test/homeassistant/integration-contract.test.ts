import { readFileSync } from "node:fs";

import { expect, test } from "vitest";
import { parse } from "yaml";

import { capabilities, commandNames } from "#domain/capability.ts";
import { faultKinds } from "#domain/fault.ts";
import { refusals } from "#domain/outcome.ts";
import { repairKinds } from "#domain/repair.ts";
import { componentKey } from "#publish/mqtt/component.ts";
import manifest from "../../package.json" with { type: "json" };

const read = (name: string): string => readFileSync(new URL(`../../integration/custom_components/rack_power/${name}`, import.meta.url), "utf8");
/** The texts in quotes between two places of a source in Python. */
const words = (name: string, from: string, to: string): readonly string[] => {
  const text = read(name);
  const start = text.indexOf(from);
  expect(start, `${name}: ${from}`).toBeGreaterThan(-1);
  return [...text.slice(start, text.indexOf(to, start)).matchAll(/"([a-z-]+)"(?=[,:\n])/g)].map(([, word = ""]) => word);
};

// The integration is of another language and cannot be checked by the compiler: what both sides must know alike is compared here.

test("every refusal and fault has an error of its own in the integration", () => {
  const known = [...words("services.py", "CALLERS = {", "\n}"), ...words("services.py", "DEVICES = {", "\n}")];
  expect(new Set(known)).toEqual(new Set([...refusals, ...faultKinds, "unconfirmed", "invalid", "configuration"]));
});

test("every kind of repair is one in the integration", () => {
  const known = ["CHECKED_AGAIN = {", "LABEL_CHANGED = {", "ONLY_TOLD = {"].flatMap((start) => words("issue.py", start, "}"));
  expect(new Set(known.filter((word) => !word.includes("_")))).toEqual(new Set(repairKinds));
});

test("the action offers every command of the catalogue", () => {
  const { command } = parse(read("services.yaml")) as { command: { fields: { command: { selector: { select: { options: readonly string[] } } } } } };
  const { options } = command.fields.command.selector.select;
  expect([...options].toSorted()).toEqual([...commandNames].toSorted());
  expect(options.length).toBeGreaterThan(Object.keys(capabilities).length);
});

test("parts are written in unique ids as the integration reads them", () => {
  expect(read("target.py")).toContain('return part.replace("_", ":").replace("-", "--").replace("/", "-")');
  expect(componentKey("sensor/cpu-temp_1", "sensor.temperature")).toBe("sensor-cpu--temp:1_sensor-temperature");
});

test("program and integration are of one version", () => {
  expect(JSON.parse(read("manifest.json"))).toMatchObject({ version: manifest.version });
});
