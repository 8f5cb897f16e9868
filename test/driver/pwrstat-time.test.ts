import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** The zone of a process is read at its start. */
const inZone = (zone: string, ...moments: readonly string[]): readonly string[] => {
  const program = `const { momentOf } = await import("#driver/pwrstat/measure.ts"); console.log(JSON.stringify(process.argv.slice(1).map((text) => momentOf(text) ?? "")));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program, ...moments], {
    encoding: "utf8",
    env: { ...process.env, TZ: zone },
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as readonly string[];
};

test("the daemon's local time has the offset that held then", () => {
  const [winter, summer, gap, never] = ["2026/01/31 12:34:56", "2026/07/21 15:10:43", "2026/03/08 02:30:00", "2026/06/31 00:00:00"];
  expect(inZone("America/New_York", winter, summer, gap, never)).toEqual(["2026-01-31T12:34:56-05:00", "2026-07-21T15:10:43-04:00", "", ""]);
  expect(inZone("Asia/Kathmandu", winter, summer)).toEqual(["2026-01-31T12:34:56+05:45", "2026-07-21T15:10:43+05:45"]);
  expect(inZone("UTC", winter, "2026/01/31 24:00:00", "2026-01-31 12:34:56", "0000/00/00 00:00:00", "")).toEqual(["2026-01-31T12:34:56+00:00", "", "", "", ""]);
});
