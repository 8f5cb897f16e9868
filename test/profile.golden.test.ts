import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

import type { Value } from "#domain/capability.ts";
import type { Description, Reading } from "#domain/device.ts";
import { bundledProfiles } from "#driver/profile/bundled-profiles.ts";
import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import type { Session } from "#driver/contract.ts";
import { systemClock } from "#platform/clock.ts";
import { startSnmpAgent } from "#simulator/snmp/agent.ts";
import { readRecording, readTable, type ServedTable } from "./driver/profile-table.ts";

interface Expected {
  readonly device: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly readings: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  readonly writes: Readonly<Record<string, readonly string[]>>;
}

const root = fileURLToPath(new URL("../src/profile/", import.meta.url));
const recordings = fileURLToPath(new URL("../../shared/recordings/", import.meta.url));
const driver = createSnmpDriver(systemClock);
const { signal } = new AbortController();
const compared = { profiles: 0, readings: 0, writes: 0 };

/** Serves the table on a real socket, asks it with the real driver, which has to find the profile by itself. */
const withDevice = async (
  table: ServedTable,
  version: "1" | "2c",
  use: (session: Session, description: Description, readings: readonly Reading[]) => Promise<void> | void,
): Promise<void> => {
  await using agent = await startSnmpAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", tree: () => table.tree });
  const options = driver.options.parse({ host: "127.0.0.1", port: agent.port, community: "private", version, timeout: 2 });
  await using session = await driver.open(options, {} as never, signal);
  const description = await session.describe(signal);
  const wanted = description.parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point })));
  await use(session, description, await session.read(wanted, signal));
};

const grouped = (readings: readonly Reading[]): Record<string, Record<string, Value>> => {
  const parts: Record<string, Record<string, Value>> = {};
  for (const { part, point, value } of readings) (parts[part] ??= {})[point] = value;
  return parts;
};

const folders = readdirSync(root).filter((name) => existsSync(`${root}${name}/profile.yaml`));

describe.each(folders)("%s", (name) => {
  const text = (file: string): string => readFileSync(`${root}${name}/${file}.yaml`, "utf8");
  const expected = parse(text("expected")) as Expected;

  test.each(["2c", "1"] as const)("is found by itself and gives these readings by version %s", async (version) => {
    await withDevice(readTable(text("table")), version, (_, description, readings) => {
      const { parts, ...device } = description;
      expect(device).toEqual(expected.device);
      expect(Object.fromEntries(parts.flatMap(({ id, label }) => (label === undefined ? [] : [[id, label]])))).toEqual(expected.labels);
      expect(grouped(readings)).toEqual(expected.readings);
      compared.readings += readings.length;
    });
  });

  test("offers these commands, and each makes exactly this write", async () => {
    const table = readTable(text("table"));
    await withDevice(table, "2c", async (session, { parts }) => {
      const offered = parts.flatMap(({ id: part, commands }) => commands.map((command) => ({ part, command })));
      expect(offered.map(({ part, command }) => `${part} ${command}`)).toEqual(Object.keys(expected.writes));
      for (const { part, command } of offered) {
        table.writes.length = 0;
        await session.execute?.({ device: "golden", part, name: command, by: { via: "mqtt" } }, signal);
        expect(table.writes, `${part} ${command}`).toEqual(expected.writes[`${part} ${command}`]);
        compared.writes += table.writes.length;
      }
    });
    compared.profiles++;
  });
});

test("every profile was loaded", () => expect(bundledProfiles.map(({ name }) => name)).toEqual(folders));

afterAll(() => {
  const files = folders.map((name) => parse(readFileSync(`${root}${name}/expected.yaml`, "utf8")) as Expected);
  const readings = files.flatMap((file) => Object.values(file.readings).flatMap((part) => Object.keys(part))).length;
  const writes = files.flatMap((file) => Object.values(file.writes).flat()).length;
  // Each reading by two versions of the protocol. The floors say that no file has been emptied.
  expect(compared).toEqual({ profiles: folders.length, readings: 2 * readings, writes });
  expect([folders.length >= 3, readings >= 76, writes >= 30]).toEqual([true, true, true]);
});

const walks = existsSync(recordings) ? readdirSync(recordings).filter((name) => name.endsWith(".snmprec")) : [];

// Other people's data: they are replayed where they lie beside the checkout, and never copied.
describe.skipIf(walks.length === 0)(
  `walks of real devices${walks.length === 0 ? `: SKIPPED, there is no ../shared/recordings beside the checkout` : ""}`,
  () => {
    const replay = (name: string): ServedTable => readRecording(readFileSync(`${recordings}${name}`, "utf8"));

    test.skipIf(!walks.includes("apc-8641.snmprec"))("AP8641: 24 named outlets with state and meters, by the newest of its three trees", async () => {
      await withDevice(replay("apc-8641.snmprec"), "2c", (_, description, readings) => {
        expect(description).toMatchObject({ manufacturer: "APC", model: "AP8641", serial: "3F3452A52295", firmware: "6.7.2" });
        const outlets = description.parts.filter(({ id }) => id.startsWith("outlet/"));
        expect(outlets.map(({ id }) => id)).toEqual(Array.from({ length: 24 }, (_one, at) => `outlet/${at + 1}`));
        expect(outlets.every(({ label }) => label !== undefined)).toBe(true);
        const values = grouped(readings);
        expect(values["outlet/1"]).toEqual({
          "outlet.on": true,
          "outlet.pending": false,
          "outlet.label": "CP-CM-SAN-01",
          "meter.current": 0.9,
          "meter.power": 163,
          "meter.energy": 304.6,
        });
        expect(values["inlet/1"]).toEqual({ "meter.power": 1210, "meter.energy": 1951.6, "meter.apparentPower": 1310, "meter.powerFactor": 0.94 });
        const watts = outlets.reduce((sum, { id }) => sum + Number(values[id]?.["meter.power"]), 0);
        expect(Math.abs(watts - 1210)).toBeLessThan(200);
        expect(readings.length).toBe(24 * 6 + 4 + 5 + 2);
      });
    });

    test.skipIf(!walks.includes("eastpower-istars-swv053.snmprec"))("iStars UPS: three lines in spite of its odd indices", async () => {
      await withDevice(replay("eastpower-istars-swv053.snmprec"), "2c", (_, description, readings) => {
        expect(description).toMatchObject({ manufacturer: "EAST", model: "EA9080", firmware: "V8.0" });
        const values = grouped(readings);
        expect(values["ups"]).toMatchObject({
          "ups.status": ["OL"],
          "ups.onBattery": false,
          "ups.lowBattery": false,
          "ups.charge": 100,
          "ups.load": 30,
          "ups.runtime": 0,
        });
        expect([1, 2, 3].map((line) => values[`output/${line}`]?.["meter.voltage"])).toEqual([219, 219, 219]);
        expect([1, 2, 3].map((line) => values[`input/${line}`]?.["meter.voltage"])).toEqual([236, 236, 234]);
        expect(values["battery"]).toMatchObject({ "meter.voltage": 213, "sensor.temperature": 36 });
      });
    });
  },
);
