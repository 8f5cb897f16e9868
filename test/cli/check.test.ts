import { expect, test } from "vitest";
import { example, makeFolder, canaries } from "#test/config/fixture.ts";
import { runCli } from "./cli-rig.ts";

test("a good configuration: a table of its devices, exit code 0, with the real drivers", async () => {
  await using folder = await makeFolder();
  const file = await folder.write("rack-power.yaml", example);
  const { code, out, err } = await runCli(["check", file]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(
    out
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ["DEVICE", "DRIVER", "ENTRY", "INTERVAL"],
    ["office-ups", "nut", "good", "10 s"],
    ["rack-pdu", "snmp", "good", "10 s"],
    ["web", "ipmi", "good", "10 s"],
  ]);
});

test("all problems of a wrong one, exit code 78, and no secret", async () => {
  await using folder = await makeFolder();
  const file = await folder.write(
    "rack-power.yaml",
    example
      .replace("ups: office", "upps: office")
      .replace("version: 2c", "version: 4")
      .replace("username: admin, password: !secret bmc", "usrname: admin, password: !secret bmcc"),
  );
  const { code, out, err } = await runCli(["check", "--config", file]);
  expect(code).toBe(78);
  expect(
    err
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(file.length).split(":").slice(1, 4).join(":")),
  ).toEqual([
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
    devices: [
      { id: "office-ups", good: false },
      { id: "rack-pdu", good: true },
      { id: "web", good: true },
    ],
  });
});

test("the schema for editors names every driver and its keys", async () => {
  const { code, out } = await runCli(["check", "--schema"]);
  expect(code).toBe(0);
  const schema = JSON.parse(out) as {
    readonly properties: {
      readonly devices: { readonly additionalProperties: { readonly oneOf: readonly { readonly title: string; readonly properties: object }[] } };
    };
  };
  const branches = schema.properties.devices.additionalProperties.oneOf;
  expect(branches.map(({ title }) => title)).toEqual(["nut", "apcupsd", "snmp", "ipmi", "pwrstat", "home-assistant"]);
  for (const { title, properties } of branches) {
    const ways: Readonly<Record<string, readonly string[]>> = { "home-assistant": ["url", "token"], pwrstat: ["socket", "program"] };
    const way = ways[title] ?? ["host", "port"];
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(["driver", "name", "fedBy", "interval", "parts", ...way]));
  }
});

test("no file", async () => {
  const { code, err } = await runCli(["check", "/nowhere/rack-power.yaml"]);
  expect({ code, err }).toEqual({ code: 78, err: "/nowhere/rack-power.yaml:1:1: there is no such file\n" });
});

test("the drivers' own rules and strictness hold", async () => {
  await using folder = await makeFolder();
  const file = await folder.write(
    "rack-power.yaml",
    `devices:
  a: { driver: snmp, host: h, version: 2c }
  b: { driver: snmp, host: h, version: 3, user: u, community: !secret snmp }
  c: { driver: snmp, host: h, community: !secret snmp, privcy: {} }
  d: { driver: ipmi, host: h, username: u, password: !secret long }
  e: { driver: snmp, host: h, version: "3", user: u, authentication: { protocol: sha256, key: !secret short } }
  f: { driver: snmp, host: h, version: 1, community: !secret snmp }
`,
  );
  await folder.write("secrets.yaml", "snmp: canary-snmp\nlong: canary-that-is-too-long-for-a-bmc\nshort: canary\n");
  const { code, out, err } = await runCli(["check", file]);
  expect(code).toBe(78);
  const lines = err
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(file.length + 1).replace(/; expected.*?(?=$|\. Did)/, ""));
  expect(lines).toEqual([
    "2:3: devices.a.community: version 2c needs a community",
    "3:71: devices.b.community: version 3 has a user, no community",
    '4:56: devices.c.privcy: unknown key. Did you mean "privacy"?',
    "5:62: devices.d.password: has more than 20 bytes, which no BMC keeps",
    "6:103: devices.e.authentication.key: a key has at least 8 characters (RFC 3414)",
  ]);
  expect(err + out).not.toContain("canary");
  expect(out).toMatch(/^f +snmp +good/m);
});
