import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import { type CommandName, type PointName, type Proof, type Value, commandSpec } from "#domain/capability.ts";
import type { Description, Reading } from "#domain/device.ts";
import { bundledProfiles } from "#driver/profile/bundled-profiles.ts";
import { parseProfile } from "#driver/profile/load.ts";
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
const compared = { tables: 0, readings: 0, writes: 0 };

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

/** `table.yaml`, and `table.three-phase.yaml` where a kind of device needs more than one; each with its `expected`. */
const tables = folders.flatMap((folder) => {
  const files = readdirSync(`${root}${folder}`).filter((file) => file.startsWith("table"));
  return files.map((file) => ({ folder, variant: file.slice("table".length), title: `${folder}${file === "table.yaml" ? "" : ` (${file})`}` }));
});

/** The points in which a command shows. */
const pointsOf = (proof: Proof): readonly string[] => {
  switch (proof.kind) {
    case "becomes":
      return Object.keys(proof.values);
    case "passes":
      return proof.steps.flatMap((step) => Object.keys(step));
    case "changes":
      return [proof.point];
    case "takes":
      return proof.points;
    case "any":
      return proof.proofs.flatMap(pointsOf);
    case "nothing":
      return [];
  }
};

describe.each(tables)("$title", ({ folder, variant }) => {
  const text = (file: string): string => readFileSync(`${root}${folder}/${file}${variant}`, "utf8");
  const expected = parse(text("expected")) as Expected;

  test.each(["2c", "1"] as const)("is found by itself and gives these readings by version %s", async (version) => {
    await withDevice(readTable(text("table")), version, (_, description, readings) => {
      const { parts, ...device } = description;
      const labels = Object.fromEntries(parts.flatMap(({ id, label }) => (label === undefined ? [] : [[id, label]])));
      const { device: wanted, labels: names, readings: values } = expected;
      expect({ device, labels, readings: grouped(readings) }).toEqual({ device: wanted, labels: names, readings: values });
      compared.readings += readings.length;
    });
  });

  test("offers no command of which nobody could see whether it was done", async () => {
    await withDevice(readTable(text("table")), "2c", (_, { parts }) => {
      for (const { id, points, commands } of parts) {
        for (const command of commands) {
          const capability = command.split(".")[0];
          const seen = pointsOf(commandSpec(command).proof).filter((point) => points.includes(`${capability}.${point}` as PointName));
          expect(seen.length, `${id} ${command}`).toBeGreaterThan(0);
        }
      }
    });
  });

  // `ups ups.loadOff` without a value, `ups ups.loadOff 90` with one.
  test("offers these commands, and each makes exactly this write", async () => {
    const table = readTable(text("table"));
    await withDevice(table, "2c", async (session, { parts }) => {
      const offered = parts.flatMap(({ id, commands }) => commands.map((command) => `${id} ${command}`));
      const wanted = Object.entries(expected.writes).map(([line, writes]) => ({ line, writes, words: line.split(" ") }));
      expect(offered).toEqual([...new Set(wanted.map(({ words: [part, name] }) => `${part} ${name}`))]);
      for (const {
        line,
        writes,
        words: [part = "", name = "", value],
      } of wanted) {
        table.writes.length = 0;
        const command = { device: "golden", part, name: name as CommandName, by: { via: "mqtt" } as const };
        await session.execute?.(value === undefined ? command : { ...command, value: Number(value) }, signal);
        expect(table.writes, line).toEqual(writes);
        compared.writes += table.writes.length;
      }
    });
    compared.tables++;
  });
});

test("every profile was loaded", () => expect(bundledProfiles.map(({ name }) => name)).toEqual(folders));

test("DOCS.md lists the kinds of device, as their profiles name them", () => {
  const rows = bundledProfiles.map(({ name, products }) => {
    const brands = Object.entries(Object.groupBy(products, ({ brand }) => brand));
    return `| ${brands.map(([brand, some = []]) => `${brand} ${some.map(({ model }) => model).join(", ")}`).join("; ")} | \`${name}\` |`;
  });
  const [, listed = ""] = /<!-- kinds -->\n\n\| .*\n\| --- .*\n([\s\S]*?)\n\n<!-- end -->/.exec(readFileSync("DOCS.md", "utf8")) ?? [];
  expect(listed.split("\n")).toEqual(rows);
});

describe("the page that teaches how to add one", () => {
  const page = readFileSync(`${root}README.md`, "utf8");

  test("names every profile that there is", () => {
    expect([...page.matchAll(/^\| `([a-z0-9-]+)` \| [A-Z]/gm)].map(([, name]) => name)).toEqual(folders);
  });

  test("has an example that is a profile", () => {
    const [, example = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(page) ?? [];
    expect(Object.keys(parseProfile("example", example, "README.md").parts)).toEqual(["ups", "output"]);
  });
});

// The last of them, so that all have run; not among those that a name picks.
test("every table was compared whole, and no file has been emptied", () => {
  const files = tables.map(({ folder, variant }) => parse(readFileSync(`${root}${folder}/expected${variant}`, "utf8")) as Expected);
  const readings = files.flatMap((file) => Object.values(file.readings).flatMap((part) => Object.keys(part))).length;
  const writes = files.flatMap((file) => Object.values(file.writes).flat()).length;
  // Each reading by two versions of the protocol.
  expect(compared).toEqual({ tables: tables.length, readings: 2 * readings, writes });
  expect([tables.length >= 15, readings >= 500, writes >= 170]).toEqual([true, true, true]);
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

    const seen = [
      [
        "eaton-93e-80",
        { manufacturer: "EATON", model: "EATON 93E 80" },
        { ups: { "ups.status": ["OL"], "ups.load": 21, "ups.nominalPower": 72090 }, output: { "meter.power": 11400, "meter.frequency": 49 } },
      ],
      [
        "eaton-9px-partial",
        { model: "Eaton 9PX 2200i RT 3U" },
        {
          ups: { "ups.runtime": 17218, "ups.nominalPower": 2200 },
          output: { "meter.voltage": 231, "meter.power": 50, "meter.energy": 533.733 },
          "outlet/2": { "outlet.on": true },
        },
      ],
      [
        "huawei-gse200m",
        { manufacturer: "Huawei", model: "UPS5000-E" },
        {
          ups: { "ups.status": ["OL", "CHRG"], "ups.load": 48.1, "ups.nominalApparentPower": 40000 },
          output: { "meter.power": 10500, "meter.apparentPower": 12000, "meter.frequency": 49.99 },
          "output/L3": { "meter.voltage": 217.9, "meter.current": 29.8, "meter.power": 6000, "meter.powerFactor": 0.92 },
        },
      ],
      [
        "phoenixtec-power",
        {},
        { ups: { "ups.status": ["OL"], "sensor.temperature": 31.5 }, battery: { "meter.voltage": 41 }, input: { "meter.voltage": 239, "meter.frequency": 50 } },
      ],
    ] as const;
    test.each(seen.filter(([name]) => walks.includes(`${name}.snmprec`)))("%s", async (name, device, values) => {
      await withDevice(replay(`${name}.snmprec`), "2c", (_, description, readings) => {
        expect(description).toMatchObject(device);
        expect(grouped(readings)).toMatchObject(values);
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
        expect([1, 2, 3].map((line) => values[`output/L${line}`]?.["meter.voltage"])).toEqual([219, 219, 219]);
        expect([1, 2, 3].map((line) => values[`input/L${line}`]?.["meter.voltage"])).toEqual([236, 236, 234]);
        expect(values["battery"]).toMatchObject({ "meter.voltage": 213, "sensor.temperature": 36 });
      });
    });
  },
);
