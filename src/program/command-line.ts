import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { buildCli } from "#cli/cli.ts";
import { exitCodes, Stop, type ExitCode } from "#cli/exit-code.ts";
import { say } from "#cli/simulate.ts";
import { coreOf, findAddon } from "#config/addon.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock as clock } from "#platform/clock.ts";
import { readTextIfThere } from "#platform/file.ts";
import { createLog, type RootLog } from "#platform/log.ts";
import { obey } from "#simulator/rack/control.ts";
import { startDemonstration, type Demonstration } from "#simulator/demonstration.ts";
import { version } from "../version.ts";
import { NotStarted } from "./not-started.ts";
import { Program } from "./program.ts";

const print = (text: string): void => void process.stdout.write(text);
const complain = (text: string): void => void process.stderr.write(text);

type Environment = Readonly<Record<string, string | undefined>>;

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

const startProgram = async (file: string, environment: Environment, log: RootLog): Promise<Program | ExitCode> => {
  try {
    return await Program.start({ file, environment, clock, log });
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    for (const line of error.lines) complain(`${line}\n`);
    return exitCodes.configuration;
  }
};

/** `hangup`: what SIGHUP means: to read the configuration again, or, at a terminal, that the window was closed. */
const runFile = async (file: string, environment: Environment, hangup: "reload" | "stop"): Promise<ExitCode> => {
  const log = createLog("info");
  const stop = askedToStop(hangup === "stop" ? ["SIGTERM", "SIGINT", "SIGHUP"] : ["SIGTERM", "SIGINT"]);
  dieLoudly(log);
  const starting = startProgram(resolve(file), environment, log);
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

const runDemonstration = async (environment: Environment): Promise<ExitCode> => {
  await refuseSecond();
  await using demonstration = await startDemonstration({ folder: demonstrationFolder, clock });
  print(`Rack Power ${version}: a simulated rack. Its devices speak the real protocols on this machine.\n\n${demonstration.lines.join("\n")}\n\n`);
  listenToTerminal(demonstration);
  try {
    return await runFile(demonstration.file, environment, "stop");
  } finally {
    await rm(controlFile, { force: true });
  }
};

/** Takes the arguments after the program's name and gives the exit code. */
export const runCommandLine = (words: readonly string[], environment: Environment): Promise<ExitCode> => {
  const addon = findAddon(environment);
  const run = buildCli({
    version,
    clock,
    environment,
    drivers: () => createDrivers(clock, addon && coreOf(addon)),
    run: ({ config }) => (config === undefined ? runDemonstration(environment) : runFile(config, environment, "reload")),
    demonstration: async () => {
      const port = await controlPort();
      return port === undefined ? undefined : { controlPort: port, config: join(demonstrationFolder, "rack-power.yaml") };
    },
    print,
    complain,
  });
  return run(words);
};
