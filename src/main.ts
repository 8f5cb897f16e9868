import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { buildCli } from "#cli/cli.ts";
import { exitCodes, type ExitCode } from "#cli/exit-code.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock as clock } from "#platform/clock.ts";
import { readTextIfThere } from "#platform/file.ts";
import { createLog, type RootLog } from "#platform/log.ts";
import { obey } from "#simulator/control.ts";
import { startDemonstration, type Demonstration } from "#simulator/demonstration.ts";
import { NotStarted, Program } from "./program.ts";
import { version } from "./version.ts";

const print = (text: string): void => void process.stdout.write(text);
const complain = (text: string): void => void process.stderr.write(text);
const environment = process.env;

/** Where the demonstration keeps its configuration and database. */
const demonstrationFolder = resolve("data", "demonstration");
const controlFile = join(demonstrationFolder, "control-port");

/** Resolves when somebody asks the program to end. */
const askedToStop = (): Promise<void> =>
  new Promise((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });

/** An error that nobody expected ends the program, for whoever watches it to start it anew; what it says goes through the log, which knows the secrets. */
const dieLoudly = (log: RootLog): void => {
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (error: unknown) => {
      log.error("an error that Rack Power did not expect; please report it", error);
      process.exit(exitCodes.failed);
    });
};

const startProgram = async (file: string, log: RootLog): Promise<Program | ExitCode> => {
  try {
    return await Program.start({ file, environment, clock, log });
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    for (const line of error.lines) complain(`${line}\n`);
    return exitCodes.configuration;
  }
};

const runFile = async (file: string): Promise<ExitCode> => {
  const log = createLog("info");
  const stop = askedToStop();
  dieLoudly(log);
  const program = await startProgram(resolve(file), log);
  if (typeof program === "number") return program;
  await using running = program;
  process.on("SIGHUP", () => void running.reload().catch((error: unknown) => log.error("reading the configuration again failed", error)));
  await stop;
  return exitCodes.ok;
};

/** Whoever sits at the terminal may pull the mains there. */
const listenToTerminal = (demonstration: Demonstration): void => {
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line.trim() !== "") print(`${obey(demonstration.rack, line).join("\n")}\n`);
  });
  process.stdin.unref?.();
};

const runDemonstration = async (): Promise<ExitCode> => {
  await using demonstration = await startDemonstration({ folder: demonstrationFolder, clock });
  print(`Rack Power ${version}: a simulated rack. Its devices speak the real protocols on this machine.\n\n${demonstration.lines.join("\n")}\n\n`);
  listenToTerminal(demonstration);
  try {
    return await runFile(demonstration.file);
  } finally {
    await rm(controlFile, { force: true });
  }
};

const cli = buildCli({
  version,
  clock,
  environment,
  drivers: () => createDrivers(clock),
  run: ({ config }) => (config === undefined ? runDemonstration() : runFile(config)),
  demonstration: async () => {
    const port = await readTextIfThere(controlFile);
    return port === undefined ? undefined : { controlPort: Number(port), config: join(demonstrationFolder, "rack-power.yaml") };
  },
  print,
  complain,
});

// The event loop may hold a socket of a library still; the answer to whoever started us does not wait for it.
process.exit(await cli(process.argv.slice(2)));
