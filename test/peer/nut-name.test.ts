import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeVariable, isAside, unitOf } from "#domain/nut-variable.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";

/** Names of drivers and not of devices, and one of a single vendor's past. */
const notOurs = /^(driver|server)\.|^ups\.(model|mfr|serial|firmware)$/;

describeWithPeer("the names that NUT itself comes with", await debianPackages("nut-server"), (peer) => {
  test("are all known, with a unit or as text, and have a few words of ours", async () => {
    const table = await readFile(join(peer.root, "usr/share/nut/cmdvartab"), "utf8");
    const units = [...table.matchAll(/^VARDESC (\S+) "(.*)"$/gm)].flatMap(([, name = "", says = ""]) => (notOurs.test(name) ? [] : [{ name, says }]));
    expect(units.length).toBeGreaterThan(150);
    for (const { name, says } of units) {
      expect(unitOf(name), name).toBeDefined();
      expect(describeVariable(name), name).toBeDefined();
      // What NUT says in brackets is the unit.
      const unit = /\((V|A|W|VA|Ah|Hz|percent|seconds|degrees C|min)\b[^)]*\)/.exec(says)?.[1];
      const ours: Readonly<Record<string, string>> = { percent: "%", seconds: "s", "degrees C": "°C" };
      if (unit !== undefined && unitOf(name) !== "text") expect(unitOf(name), `${name}: ${says}`).toBe(ours[unit] ?? unit);
    }
    expect(units.filter(({ name }) => isAside(name)).map(({ name }) => name)).toEqual(expect.arrayContaining(["outlet.1.id"]));
  });
});
