import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#platform/clock.ts";
import { startDemonstration } from "#simulator/demonstration.ts";

/** A program of its own: the rack of the demonstration. It tells its parent the configuration that fits it. */
const folder = mkdtempSync(join(tmpdir(), "rack-power-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
process.once("disconnect", () => process.exit());
const demonstration = await startDemonstration({ folder, clock: systemClock, ports: { mqtt: 0, rest: 0 } });
process.send?.(readFileSync(demonstration.file, "utf8"));
