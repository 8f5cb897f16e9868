import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { PointName, Value } from "#domain/capability.ts";
import { variablesOf } from "#domain/nut-variable.ts";
import { startSnmpAgent } from "#simulator/snmp/agent.ts";
import { readTable } from "../driver/profile-table.ts";
import { serveRack } from "./nut-served.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("../../src/profile/", import.meta.url));
type Readings = Readonly<Record<string, Readonly<Record<string, Value>>>>;
const readingsOf = (folder: string): Readings => (parse(readFileSync(`${root}${folder}/expected.yaml`, "utf8")) as { readonly readings: Readings }).readings;
const folders = readdirSync(root).filter((folder) => existsSync(`${root}${folder}/expected.yaml`) && "ups" in readingsOf(folder));

const textOf = (value: Value): string | number => {
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "string" || typeof value === "number" ? value : value.join(" ");
};

/** Every reading that has a name in NUT, by its best name. */
const namedReadings = (readings: Readings): Readonly<Record<string, string | number>> =>
  Object.fromEntries(
    Object.entries(readings).flatMap(([part, points]) =>
      Object.entries(points).flatMap(([point, value]) => {
        const [name] = variablesOf(part, point as PointName);
        return name === undefined ? [] : [[name, textOf(value)]];
      }),
    ),
  );

describeWithPeer("UPSs by SNMP, shown by NUT's own client", await debianPackages("nut-server"), (peer) => {
  test("all that an SNMP card says and NUT has a name for stands in upsc", async (context) => {
    expect(folders.length).toBeGreaterThanOrEqual(8);
    await using agents = new AsyncDisposableStack();
    await using served = await serveRack();
    for (const folder of folders) {
      const { tree } = readTable(readFileSync(`${root}${folder}/table.yaml`, "utf8"));
      const agent = agents.use(await startSnmpAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", tree: () => tree }));
      served.rig.start(folder, "snmp", { port: agent.port, community: "private", version: "2c", timeout: 2 });
    }
    await served.rig.online(...folders);
    let compared = 0;
    for (const folder of folders) {
      const lines = (await run(peer.bin("upsc"), [`${folder}@127.0.0.1:${served.server.port}`], { env: peer.env })).trim().split("\n");
      const shown = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      const expected = namedReadings(readingsOf(folder));
      const found = Object.entries(expected).map(([name, value]) => [name, typeof value === "number" ? Number(shown.get(name)) : shown.get(name)]);
      expect(Object.fromEntries(found), folder).toEqual(expected);
      expect(shown.get("device.type")).toBe("ups");
      compared += found.length;
    }
    void context.annotate(`${folders.length} kinds of UPS, ${compared} variables compared`);
    expect(compared).toBeGreaterThan(100);
  });
});
