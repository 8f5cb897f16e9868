import { Command, CommanderError } from "commander";
import { closest } from "#config/suggestion.ts";
import { backup, type BackupOptions } from "./backup.ts";
import { checkConfiguration, type CheckOptions } from "./check.ts";
import { acceptLabel, drive, type DriveOptions } from "./drive.ts";
import { exitCodes, exitCodeText, Stop, type ExitCode } from "./exit-code.ts";
import { checkHealth, type HealthOptions } from "./health.ts";
import { identify, type IdentifyOptions } from "./identify.ts";
import { importFile, type ImportOptions } from "./import.ts";
import { listDevices, listOutcomes, type ListOptions, type OutcomeOptions } from "./list.ts";
import { record, type RecordOptions } from "./record.ts";
import type { CliNeeds } from "./need.ts";
import { reload } from "./reload.ts";
import { simulate, type SimulateOptions } from "./simulate.ts";

type End = (code: ExitCode) => void;

const json = ["--json", "print JSON"] as const;
const several = (value: string, list: readonly string[] = []): readonly string[] => [...list, value];

/** Options of every command that asks the running program. */
const reaching = (command: Command): Command =>
  command
    .option("--config <file>", "configuration that the program runs with; its rest section tells where it is, and the key")
    .option("--url <url>", "address of the program (or RACK_POWER_URL)")
    .option("--key-file <file>", "file that holds the API key (or the key itself in RACK_POWER_KEY)");

const setting = (command: Command): Command =>
  command.option("--set <key=value>", "an option of the driver; secrets as key='!env NAME' or key='!file PATH'", several);

const addProgram = (root: Command, needs: CliNeeds, end: End): void => {
  root
    .command("run", { isDefault: true })
    .description("run; without a configuration, a demonstration with simulated devices")
    .option("--config <file>", "configuration file")
    .action(async (options: { readonly config?: string }) => end(await needs.run(options)));
  root
    .command("check")
    .description("tell everything that is wrong with a configuration")
    .argument("[file]", "configuration file; else rack-power.yaml")
    .option("--config <file>", "the same")
    .option("--schema", "print the JSON Schema of the configuration, for editors")
    .option(...json)
    .action(async (file: string | undefined, options: CheckOptions) => end(await checkConfiguration(file, options, needs)));
  root
    .command("import")
    .description("take over the file of pwrstat_docker, and say what became of each of its keys")
    .argument("<file>", "its pwrstat.yaml")
    .option("--to <file>", "configuration that it is added to, or that is made; else the lines are printed")
    .option("--device <device>", "UPS of that configuration; without it, CyberPower's daemon becomes one")
    .action(async (file: string, options: ImportOptions) => end(await importFile(file, options, needs)));
  root
    .command("simulate")
    .description("run the demonstration, or tell the one that runs: mains off, outlet 3 on, status")
    .argument("[words...]", "mains off | mains on | outlet NUMBER off | on | cycle | status")
    .option("--port <port>", "control port of the demonstration")
    .action(async (words: readonly string[], options: SimulateOptions) => end(await simulate(words, options, needs)));
};

const addContainer = (root: Command, needs: CliNeeds, end: End): void => {
  root
    .command("health")
    .description("for a container's health check: 0 when the running program answers and is not ending, else 1; needs no key")
    .option("--config <file>", "configuration that the program runs with")
    .option("--url <url>", "address of the program (or RACK_POWER_URL)")
    .action(async (options: HealthOptions) => end(await checkHealth(options, needs)));
  reaching(root.command("backup"))
    .description("before a backup of the data folder: have the running program write a copy of its database there")
    .option("--done", "after the backup: remove that copy")
    .action(async (options: BackupOptions) => end(await backup(options, needs)));
};

const addClient = (root: Command, needs: CliNeeds, end: End): void => {
  reaching(root.command("drive"))
    .description("give a command to a part of a device and wait until the device shows that it was done")
    .argument("<device>")
    .argument("<part>", "such as outlet/3")
    .argument("<command>", "such as outlet.off, or short off")
    .argument("[value]", "what a variable is set to, or after how many seconds a UPS acts; one that begins with a dash after --")
    .option("--reason <text>", "why; stands in the audit log")
    .option("--confirm <token>", "the token that a refusal gave")
    .option("--async", "do not wait for the end")
    .option(...json)
    .action(async (device: string, part: string, word: string, value: string | undefined, options: DriveOptions) =>
      end(await drive({ device, part, word, value }, options, needs)),
    );
  reaching(root.command("reload"))
    .description("read the configuration again; devices that did not change keep their connection")
    .action(async (options: ListOptions) => end(await reload(options, needs)));
  reaching(root.command("accept"))
    .description("accept the name that a device now gives to a part")
    .argument("<device>")
    .argument("<part>")
    .argument("<label>", "the name as the device shows it")
    .action(async (device: string, part: string, label: string, options: ListOptions) => end(await acceptLabel(device, part, label, options, needs)));
  reaching(root.command("devices"))
    .description("list devices and what they read")
    .argument("[device]")
    .option(...json)
    .action(async (device: string | undefined, options: ListOptions) => end(await listDevices(device, options, needs)));
  reaching(root.command("outcomes"))
    .description("list who asked for what, and how it ended")
    .argument("[id]", "of one outcome")
    .option("--device <device>")
    .option("--part <part>")
    .option("--limit <number>", "how many at most")
    .option(...json)
    .action(async (id: string | undefined, options: OutcomeOptions) => end(await listOutcomes(id, options, needs)));
};

const addExplorer = (root: Command, needs: CliNeeds, end: End): void => {
  setting(root.command("identify"))
    .description("ask a host what it is, and print what to write into the configuration")
    .argument("<host>")
    .option("--driver <driver>", "try only this one")
    .option(...json)
    .action(async (host: string, options: IdentifyOptions) => end(await identify(host, options, needs)));
  setting(root.command("record"))
    .description("write down everything an SNMP device answers, without serial numbers and addresses")
    .argument("<host>")
    .option("--output <file>", "else to standard output")
    .action(async (host: string, options: RecordOptions) => end(await record(host, options, needs)));
};

/** Without this, a misspelt command would be an argument of `run`. */
const checkCommand = (root: Command, word: string | undefined): void => {
  const names = ["help", ...root.commands.map((command) => command.name())];
  if (word === undefined || word.startsWith("-") || names.includes(word)) return;
  const suggestion = closest(word, names);
  throw new Stop(exitCodes.usage, `there is no command ${word}${suggestion === undefined ? "" : `. Did you mean ${suggestion}?`}\n(see --help)`);
};

/** The command line: takes the arguments after the program's name and gives the exit code. Never throws for what a person did wrong. */
export const buildCli =
  (needs: CliNeeds): ((words: readonly string[]) => Promise<ExitCode>) =>
  async (words) => {
    let code: ExitCode = exitCodes.ok;
    const end: End = (given) => void (code = given);
    const root = new Command("rack-power")
      .description("UPSs, PDU outlets and servers in Home Assistant, verified at the device")
      .version(needs.version)
      .exitOverride()
      .showHelpAfterError("(see --help)")
      .addHelpText("after", `\n${exitCodeText}`)
      .configureOutput({ writeOut: needs.print, writeErr: needs.complain });
    addProgram(root, needs, end);
    addContainer(root, needs, end);
    addClient(root, needs, end);
    addExplorer(root, needs, end);
    try {
      checkCommand(root, words[0]);
      await root.parseAsync([...words], { from: "user" });
      return code;
    } catch (error) {
      if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
      if (!(error instanceof Stop)) throw error;
      needs.complain(`${error.message}\n`);
      return error.code;
    }
  };
