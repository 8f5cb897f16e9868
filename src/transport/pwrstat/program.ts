import { Fault } from "#domain/fault.ts";
import { runTool } from "#transport/exec/run-tool.ts";

/** Milliseconds. It asks the daemon, which answers out of its memory. */
const patience = 5_000;
/** It reads no variable; other programs that take its place, such as a script, need a PATH. */
const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C" } as const;

/** Its first words, short and on one line, to be put into a sentence. */
export const firstWords = (text: string): string => {
  const [line = ""] = text
    .trim()
    .slice(0, 1000)
    .split(/[\r\n]/, 1);
  return line
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .slice(0, 100)
    .replace(/[.\s]+$/, "");
};

/**
 * What CyberPower's `pwrstat` prints for these arguments, whatever its exit code: it tells its troubles in words.
 * Throws `Fault`: unreachable when there is no such program or it finds no daemon, denied, timeout.
 */
export const runPwrstat = async (program: string, args: readonly string[], signal: AbortSignal): Promise<string> => {
  const { stdout, stderr } = await runTool({ command: program, args, env, ms: patience }, signal).catch((error: unknown) => {
    if (!(error instanceof Fault) || error.kind !== "unsupported") throw error;
    throw new Fault("unreachable", `The program ${program} is not there; it is not installed, or not mounted here`, { cause: error });
  });
  const text = stdout.trim() === "" ? stderr : stdout;
  // It says the same where the daemon runs and its socket is another user's.
  if (/daemon service is not found/i.test(text))
    throw new Fault("unreachable", "pwrstat finds no daemon: pwrstatd does not run, or this user may not talk to it");
  return text;
};
