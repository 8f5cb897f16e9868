import { expect, test } from "vitest";
import { example, makeFolder, canaries } from "#test/config/fixture.ts";
import { runCli } from "./cli-rig.ts";

test("a good configuration: a table of its devices, exit code 0, with the real drivers", async () => {
  await using folder = await makeFolder();
  const file = await folder.write("rack-power.yaml", example);
  const { code, out, err } = await runCli(["check", file]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.trimEnd().split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["DEVICE", "DRIVER", "ENTRY", "INTERVAL"],
    ["office-ups", "nut", "good", "10 s"],
    ["rack-pdu", "snmp", "good", "10 s"],
    ["web", "ipmi", "good", "10 s"],
  ]);
});

test("all problems of a wrong one, exit code 78, and no secret", async () => {
  await using folder = await makeFolder();
  const file = await folder.write("rack-power.yaml", example.replace("ups: office", "upps: office").replace("version: 2c", "version: 4").replace("username: admin, password: !secret bmc", "usrname: admin, password: !secret bmcc"));
  const { code, out, err } = await runCli(["check", "--config", file]);
  expect(code).toBe(78);
  expect(err.trimEnd().split("\n").map((line) => line.slice(file.length).split(":").slice(1, 4).join(":"))).toEqual([
    "5:3: devices.office-ups.ups",
    "5:59: devices.office-ups.upps",
    "10:14: devices.rack-pdu.version",
    "13:3: devices.web.username",
    "13:52: devices.web.usrname",
    "13:86: devices.web.password",
  ]);
  expect(err).toContain('Did you mean "ups"?');
  expect(err).toContain('Did you mean "username"?');
  expect(err).toContain('Did you mean "bmc"?');
  expect(out).toMatch(/^web +ipmi +wrong/m);
  for (const text of Object.values(canaries)) expect(out + err).not.toContain(text);
});

test("as JSON for a program", async () => {
  await using folder = await makeFolder();
  const file = await folder.write("rack-power.yaml", example.replace("ups: office", "upps: office"));
  const { code, out } = await runCli(["check", file, "--json"]);
  expect(code).toBe(78);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    problems: [{ line: 5 }, { line: 5, column: 59, path: "devices.office-ups.upps", suggestion: "ups" }],
    devices: [{ id: "office-ups", good: false }, { id: "rack-pdu", good: true }, { id: "web", good: true }],
  });
});

test("the schema for editors names every driver and its keys", async () => {
  const { code, out } = await runCli(["check", "--schema"]);
  expect(code).toBe(0);
  const schema = JSON.parse(out) as { readonly properties: { readonly devices: { readonly additionalProperties: { readonly oneOf: readonly { readonly title: string; readonly properties: object }[] } } } };
  const branches = schema.properties.devices.additionalProperties.oneOf;
  expect(branches.map(({ title }) => title)).toEqual(["nut", "snmp", "ipmi"]);
  for (const { properties } of branches) expect(Object.keys(properties)).toEqual(expect.arrayContaining(["driver", "name", "fedBy", "interval", "parts", "host", "port"]));
});

test("no file", async () => {
  const { code, err } = await runCli(["check", "/nowhere/rack-power.yaml"]);
  expect({ code, err }).toEqual({ code: 78, err: "/nowhere/rack-power.yaml:1:1: there is no such file\n" });
});
