import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, expect, test } from "vitest";

import type { Value } from "#domain/capability.ts";
import { targetOf } from "#domain/nut-variable.ts";
import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { startSnmpAgent } from "#simulator/snmp/agent.ts";
import { readTable } from "../driver/profile-table.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";

const driver = createSnmpDriver(systemClock);
const { signal } = new AbortController();

/** What NUT 2.8 reads otherwise out of the same table, and why ours is kept. What is listed here has to differ. */
const otherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ups-mib": {
    "ups.status": "it knows no alarm table, and takes the calibration that ended long ago for one that goes on, as upsTestId still names it",
  },
  "apc-ups": {
    "ups.status": "it does not read the flag of the overload",
    "battery.current": "-1 is 'not supported'",
    "ups.power": "-1 is 'not supported'",
    "ups.temperature": "255 is 'not present', also in tenths of a degree",
    "ups.delay.shutdown": "9000 ticks are 90 s; it shows the runtime that it read before",
  },
  "cyberpower-ups": { "ups.status": "it does not know the bypass (9)", "battery.current": "it is a percentage (upsAdvanceBatteryCurrent), no current" },
  "eaton-xups": {
    "ups.status": "it does not read xupsBatteryAged",
    "battery.current": "xupsBatCurrent is in A",
    "output.current": "it has no tenths",
    "ups.power": "it is in W (xupsOutputWatts)",
    "outlet.2.status": "5 is unknown",
    "outlet.3.status": "7 is stuck in the on position",
    "ups.temperature": "it is that of the surroundings (xupsEnvAmbientTemp), and given as `ambient`",
  },
  "delta-ups": {
    "input.frequency": "it knows one line only, and this UPS has three",
    "input.voltage": "the same",
    "output.current": "the same",
    "output.voltage": "the same",
    "ups.load": "the same: the first line is not the most loaded",
    "ups.power": "dupsRatingOutputVA is what it can deliver, not what it delivers",
    "ups.status": "it knows no charging, no alarm, and what reduces its input is on line",
  },
  "huawei-ups": {
    "input.L3-N.voltage": "4294967295 is 'not measured'",
    "output.L1.power": "hwUpsOutputAppearancePowerA is in kVA",
    "output.L2.power": "the same",
    "output.L3.power": "2147483647 is 'not measured'",
    "output.L1.realpower": "it reads the third phase for the first",
    "output.L2.powerfactor": "it reads the third phase for the second",
    "ups.status": "it knows no alarm",
  },
  "riello-netman": {
    "battery.current": "it is the voltage (networkupstools/nut#1085)",
    "device.mfr": "the company's name",
    "input.current": "-1 is 'not measured'",
    "ups.status": "it knows no alarm table and no charging",
  },
  xppc: { "device.mfr": "it is the same for all, whoever sells it", "ups.status": "it knows no overtemperature and no test" },
};

/** `name: value` lines that the driver prints after its first reading. */
const printed = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^([a-z][\w.-]*): (.*)$/gim)].map(([, name = "", value = ""]) => [name, value]));

const identity: Readonly<Record<string, string>> = {
  "device.mfr": "manufacturer",
  "device.model": "model",
  "device.serial": "serial",
  "ups.firmware": "firmware",
};
const words = (text: string): string => text.split(" ").filter(Boolean).toSorted().join(" ");
const isNumber = (text: string): boolean => text.trim() !== "" && !Number.isNaN(Number(text));

/** Both in one form; undefined where there is nothing to compare: a text that each words in its own way. */
const inOneForm = (variable: string, ours: Value | undefined, theirs: string): readonly [string, string] | undefined => {
  if (variable in identity) return [String(ours ?? "").toLowerCase(), theirs.trim().toLowerCase()];
  if (Array.isArray(ours)) return [words(ours.join(" ")), words(theirs)];
  if (typeof ours === "number") return isNumber(theirs) ? [String(ours), String(Number(theirs))] : [String(ours), theirs];
  // A timer that runs is a command that is pending.
  if (typeof ours === "boolean")
    return isNumber(theirs) && !variable.endsWith("status") ? [String(ours), String(Number(theirs) >= 0)] : [ours ? "on" : "off", theirs];
  if (ours === undefined) return isNumber(theirs) && targetOf(variable) ? ["absent", theirs] : undefined;
  return /^[\d/]+$/.test(theirs) ? [String(ours), theirs] : undefined;
};

const total = { compared: 0, same: 0 };

describeWithPeer("NUT's own driver reads the same out of the same table", await debianPackages("nut-snmp"), (peer) => {
  const askNut = async (port: number, mibs: string): Promise<ReadonlyMap<string, string>> => {
    const folder = mkdtempSync(join(tmpdir(), "snmp-ups-"));
    const folders = { NUT_STATEPATH: folder, NUT_ALTPIDPATH: folder, NUT_PIDPATH: folder, NUT_CONFPATH: folder };
    // As root it would become a user who cannot read the folder.
    const user = process.getuid?.() === 0 ? ["-u", "root"] : [];
    const options = [`port=127.0.0.1:${port}`, "community=public", `mibs=${mibs}`].flatMap((option) => ["-x", option]);
    try {
      return printed(await run(peer.bin("snmp-ups"), ["-s", "golden", ...user, ...options, "-d", "1"], { env: { ...peer.env, ...folders }, cwd: folder }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  const askOurs = async (port: number): Promise<(variable: string) => Value | undefined> => {
    await using session = await driver.open(driver.options.parse({ host: "127.0.0.1", port, community: "public", timeout: 2 }), {} as never, signal);
    const description = await session.describe(signal);
    const wanted = description.parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point })));
    const readings = new Map((await session.read(wanted, signal)).map(({ part, point, value }) => [`${part} ${point}`, value]));
    const device = description as unknown as Readonly<Record<string, string>>;
    return (variable) => {
      if (identity[variable] !== undefined) return device[identity[variable]];
      const target = targetOf(variable);
      const found = target && (readings.get(`${target.part} ${target.point}`) ?? readings.get(`ups ${target.point}`));
      return found ?? readings.get(`variable/${variable} variable.number`) ?? readings.get(`variable/${variable} variable.text`);
    };
  };

  test.each([
    ["ups-mib", "ietf", 12],
    ["apc-ups", "apcc", 22],
    ["cyberpower-ups", "cyberpower", 12],
    ["eaton-xups", "pw", 18],
    ["delta-ups", "delta_ups", 8],
    ["huawei-ups", "huawei", 12],
    ["xppc", "xppc", 6],
    ["riello-netman", "ietf", 12],
  ])("%s: every variable that both know", async (profile, mibs, least) => {
    const text = readFileSync(fileURLToPath(new URL(`../../src/profile/${profile}/table.yaml`, import.meta.url)), "utf8");
    const { tree } = readTable(text);
    await using agent = await startSnmpAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", tree: () => tree });
    const theirs = await askNut(agent.port, mibs);
    const ours = await askOurs(agent.port);
    const differing: string[] = [];
    let compared = 0;
    for (const [variable, value] of theirs) {
      const both = inOneForm(variable, ours(variable), value);
      if (!both) continue;
      compared++;
      if (both[0] === both[1]) total.same++;
      else differing.push(`${variable}: ${both[1]} ≠ ${both[0]}`);
    }
    total.compared += compared;
    expect(new Set(differing.map((line) => line.split(":")[0])), differing.join("\n")).toEqual(new Set(Object.keys(otherwise[profile] ?? {})));
    expect(compared).toBeGreaterThanOrEqual(least);
  });

  afterAll(() => process.stdout.write(`snmp-ups: ${total.compared} variables compared, ${total.same} the same, the rest told in the test\n`));
});
