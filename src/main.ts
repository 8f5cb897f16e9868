import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { NotStarted, Program } from "./program.ts";
const { values } = parseArgs({ allowPositionals: true, options: { config: { type: "string", default: "rack-power.yaml" } } });
const log = createLog("info");
try {
  const program = await Program.start({ file: resolve(values.config), environment: process.env, clock: systemClock, log });
  const stop = (): void => void program[Symbol.asyncDispose]().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.on("SIGHUP", () => void program.reload());
} catch (error) {
  if (!(error instanceof NotStarted)) throw error;
  for (const line of error.lines) log.error(line);
  process.exit(78);
}
