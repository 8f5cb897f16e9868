#!/usr/bin/env node
import "#platform/memory.ts";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { buildCli } from "#cli/cli.ts";
import { exitCodes, Stop, type ExitCode } from "#cli/exit-code.ts";
import { say } from "#cli/simulate.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock as clock } from "#platform/clock.ts";
import { readTextIfThere } from "#platform/file.ts";
import { createLog, type RootLog } from "#platform/log.ts";
import { obey } from "#simulator/rack/control.ts";
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
const askedToStop = (signals: readonly NodeJS.Signals[]): Promise<void> =>
  new Promise((done) => {
    for (const signal of signals) process.once(signal, () => done());
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

/** `hangup`: what SIGHUP means: to read the configuration again, or, at a terminal, that the window was closed. */
const runFile = async (file: string, hangup: "reload" | "stop"): Promise<ExitCode> => {
  const log = createLog("info");
  const stop = askedToStop(hangup === "stop" ? ["SIGTERM", "SIGINT", "SIGHUP"] : ["SIGTERM", "SIGINT"]);
  dieLoudly(log);
  const starting = startProgram(resolve(file), log);
  const reload = async (): Promise<void> => {
    const program = await starting;
    if (typeof program !== "number") await program.reload();
  };
  if (hangup === "reload") process.on("SIGHUP", () => void reload().catch((error: unknown) => log.error("reading the configuration again failed", error)));
  const program = await starting;
  if (typeof program === "number") return program;
  await using _running = program;
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

const controlPort = async (): Promise<number | undefined> => {
  const port = await readTextIfThere(controlFile);
  return port === undefined ? undefined : Number(port);
};

/** A second demonstration would take configuration and control port from the first. */
const refuseSecond = async (): Promise<void> => {
  const port = await controlPort();
  const runs =
    port !== undefined &&
    (await say(port, "status").then(
      () => true,
      () => false,
    ));
  if (runs) throw new Stop(exitCodes.failed, `a demonstration runs here already; what it writes is in ${demonstrationFolder}`);
};

const runDemonstration = async (): Promise<ExitCode> => {
  await refuseSecond();
  await using demonstration = await startDemonstration({ folder: demonstrationFolder, clock });
  print(`Rack Power ${version}: a simulated rack. Its devices speak the real protocols on this machine.\n\n${demonstration.lines.join("\n")}\n\n`);
  listenToTerminal(demonstration);
  try {
    return await runFile(demonstration.file, "stop");
  } finally {
    await rm(controlFile, { force: true });
  }
};

const cli = buildCli({
  version,
  clock,
  environment,
  drivers: () => createDrivers(clock),
  run: ({ config }) => (config === undefined ? runDemonstration() : runFile(config, "reload")),
  demonstration: async () => {
    const port = await controlPort();
    return port === undefined ? undefined : { controlPort: port, config: join(demonstrationFolder, "rack-power.yaml") };
  },
  print,
  complain,
});

// The event loop may hold a socket of a library still; the answer to whoever started us does not wait for it.
process.exit(await cli(process.argv.slice(2)));
