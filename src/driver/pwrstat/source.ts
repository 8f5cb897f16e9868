import type { CommandName } from "#domain/capability.ts";
import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import { answerFields, printedFields } from "#transport/pwrstat/field.ts";
import type { Lane } from "#transport/pwrstat/lane.ts";
import { firstWords, runPwrstat } from "#transport/pwrstat/program.ts";
import { askSocket } from "#transport/pwrstat/socket.ts";
import { readAnswer } from "./answer.ts";
import { readListing } from "./listing.ts";
import type { Status } from "./status.ts";

/** One of the two ways to CyberPower's daemon. */
export interface Source {
  look(signal: AbortSignal): Promise<Status>;
  /** Whether the daemon lets the UPS beep; only the program tells. */
  beeper?(signal: AbortSignal): Promise<"enabled" | "disabled" | undefined>;
  readonly commands: ReadonlySet<CommandName>;
  act?(name: CommandName, signal: AbortSignal): Promise<void>;
}

/** Of the socket's language only the question for the status is public. */
export const socketSource = (path: string, lane: Lane): Source => ({
  look: async (signal) => readAnswer(answerFields(await lane.share("STATUS", (stop) => askSocket(path, "STATUS", stop), signal))),
  commands: new Set(),
});

/** The program's arguments for each command, and how it begins when the daemon has taken it. Silence once leaves no trace: its outcome stays unconfirmed. */
const actions: ReadonlyMap<CommandName, readonly [args: readonly string[], taken: RegExp]> = new Map([
  ["ups.test", [["-test"], /test is initiated/i]],
  ["ups.beeperOn", [["-alarm", "on"], /setup configuration successful/i]],
  ["ups.beeperOff", [["-alarm", "off"], /setup configuration successful/i]],
  ["ups.beeperMute", [["-mute"], /setup configuration successful/i]],
]);

const listed = (text: string): Status => {
  const fields = printedFields(text);
  if (fields.has("State")) return readListing(fields);
  const words = firstWords(text);
  throw new Fault("malformed", words === "" ? "pwrstat printed nothing" : `pwrstat printed no status but "${words}"`);
};

const instruct = async (program: string, name: CommandName, signal: AbortSignal): Promise<void> => {
  const [args, taken] = actions.get(name) ?? [];
  if (!args || !taken) throw new Fault("unsupported", `pwrstat has no ${name}`);
  const text = await runPwrstat(program, args, signal).catch((error: unknown) => {
    // Stopped in the middle, it may have reached the daemon; all else that goes wrong goes wrong before.
    throw isFault(error, "timeout") ? afterWrite(error) : error;
  });
  if (!taken.test(text)) throw new Fault("rejected", `pwrstat did not do it and says "${firstWords(text)}"`, { written: true });
};

export const programSource = (program: string, lane: Lane): Source => {
  const print = (args: readonly string[], signal: AbortSignal): Promise<string> =>
    lane.share(args.join(" "), (stop) => runPwrstat(program, args, stop), signal);
  return {
    look: async (signal) => listed(await print(["-status"], signal)),
    beeper: async (signal) => {
      const alarm = printedFields(await print(["-config"], signal))
        .get("Alarm")
        ?.toLowerCase();
      return alarm === "on" ? "enabled" : alarm === "off" ? "disabled" : undefined;
    },
    commands: new Set(actions.keys()),
    act: (name, signal) => lane.run((stop) => instruct(program, name, stop), signal),
  };
};
