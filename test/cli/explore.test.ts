import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startNutServer } from "#simulator/nut/server.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { makeFolder } from "#test/config/fixture.ts";
import { runCli } from "./cli-rig.ts";

const host = "127.0.0.1";
const startPdu = async (community: string): ReturnType<typeof startPduAgent> => {
  const rack = createRack();
  return startPduAgent({ host, readCommunity: community, writeCommunity: community, pdu: () => rack.pdu });
};

test("identify a PDU: what it is, its parts, and an entry to paste that has no secret", async () => {
  await using pdu = await startPdu("canary-community");
  const environment = { COMMUNITY: "canary-community" };
  const { code, out, err } = await runCli(["identify", host, "--driver", "snmp", "--set", `port=${pdu.port}`, "--set", "community=!env COMMUNITY"], {
    environment,
  });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^snmp: APC AP8941, serial SIM-P1, firmware v7\.1\.4$/m);
  expect(out).toMatch(/^outlet\/3 +web +on yes, .*power 118 W.* outlet\.on outlet\.off outlet\.cycle$/m);
  expect(out.match(/^outlet\/\d+/gm)).toHaveLength(24);
  expect(out).toContain(`  ap8941:\n    driver: snmp\n    host: 127.0.0.1\n    community: !secret ap8941-community\n    port: ${pdu.port}\n`);
  expect(out).not.toContain("canary-community");
});

test("identify a NUT server without the name of a UPS: an answer and an entry for each", async () => {
  const rack = createRack();
  await using server = await startNutServer({ host, users: [], upses: () => [...rack.upses, ...rack.upses.map((ups) => ({ ...ups, name: `${ups.name}-2` }))] });
  const { code, out } = await runCli(["identify", host, "--driver", "nut", "--set", `port=${server.port}`]);
  expect(code).toBe(0);
  const names = rack.upses.flatMap(({ name }) => [name, `${name}-2`]);
  expect(new Set([...out.matchAll(/^ {4}ups: (.*)$/gm)].map(([, name]) => name))).toEqual(new Set(names));
  expect(new Set(out.match(/^ {2}[a-z0-9-]+:$/gm))).toHaveLength(names.length);
});

test("identify a UPS, as JSON; drivers that lack an option say which", async () => {
  const rack = createRack();
  await using server = await startNutServer({ host, users: [], upses: () => rack.upses });
  const { code, out, err } = await runCli(["identify", host, "--set", `port=${server.port}`, "--set", "ups=office", "--set", "timeout=0.5", "--json"]);
  expect(code).toBe(0);
  const results = JSON.parse(out) as readonly { readonly driver: string; readonly description?: { readonly model?: string }; readonly why?: string }[];
  expect(results.map(({ driver }) => driver)).toEqual(["nut", "apcupsd", "snmp", "ipmi", "pwrstat", "home-assistant"]);
  expect(results[0]?.description?.model).toBe("Simulated 700");
  expect(err).toMatch(/^pwrstat: not tried; it needs socket /m);
  expect(err).toMatch(/^ipmi: not tried; it needs username, password \(--set key=value\)$/m);
  expect(err).toMatch(/^snmp: (timeout|unreachable): /m);
});

test("nobody there, an unknown driver, a secret in the open", async () => {
  await using pdu = await startPdu("other");
  const silent = await runCli(["identify", host, "--driver", "snmp", "--set", `port=${pdu.port}`, "--set", "timeout=0.5"]);
  expect(silent).toMatchObject({ code: 1, out: "" });
  expect(silent.err).toMatch(/^snmp: timeout: /);
  expect(await runCli(["identify", host, "--driver", "snpm"])).toMatchObject({
    code: 2,
    err: "--driver: expected nut, apcupsd, snmp, ipmi, pwrstat, home-assistant\n",
  });
  expect(await runCli(["identify", host, "--set", "nonsense"])).toMatchObject({ code: 2, err: "--set: expected key=value\n" });
  const open = await runCli(["identify", host, "--driver", "snmp", "--set", "community=hunter2"]);
  expect(open.code).toBe(2);
  expect(open.err).toContain("--set community: everybody on this machine can see");
  expect(open.err).not.toContain("hunter2");
});

test("record a PDU: everything it answers, without serial and community", async () => {
  await using pdu = await startPdu("canary-community");
  await using folder = await makeFolder("");
  const key = await folder.write("community", "canary-community\n");
  const file = join(folder.path, "walk.snmprec");
  const { code, err } = await runCli(["record", host, "--set", `port=${pdu.port}`, "--set", `community=!file ${key}`, "--output", file]);
  expect(code).toBe(0);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(err).toMatch(new RegExp(`^${lines.length} objects; `));
  expect(lines.length).toBeGreaterThan(24 * 7);
  for (const line of lines) expect(line).toMatch(/^1(\.\d+)+\|(2|4|4x|6|64|65|66|67|70)\|/);
  expect(lines).toContain("1.3.6.1.4.1.318.1.1.26.2.1.8.1|4|AP8941");
  expect(lines).toContain("1.3.6.1.4.1.318.1.1.26.9.2.3.1.3.3|4|web");
  expect(lines).toContain("1.3.6.1.4.1.318.1.1.26.9.4.3.1.7.3|2|118");
  expect(lines.join("\n")).not.toContain("SIM-P1");
  expect(lines.join("\n")).not.toContain("canary-community");
});
