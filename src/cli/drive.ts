import { isCommandName, shortName, type CommandName } from "#domain/capability.ts";
import type { PartView } from "#publish/rest/device-view.ts";
import type { OutcomeView } from "#publish/rest/outcome-view.ts";
import { findAccess, type AccessOptions, type Reach } from "./access.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import { ask, askFor, partPath, problemCode, problemText } from "./rest-client.ts";
import type { CliNeeds } from "./need.ts";
import { showJson } from "./show-table.ts";

export interface DriveOptions extends AccessOptions {
  readonly reason?: string;
  readonly confirm?: string;
  readonly async?: boolean;
  readonly json?: boolean;
}

export const outcomeCodes: Readonly<Record<OutcomeView["state"], ExitCode>> = {
  confirmed: exitCodes.ok,
  /** Only with --async: it is accepted, and the end is elsewhere. */
  running: exitCodes.ok,
  failed: exitCodes.failed,
  refused: exitCodes.refused,
  unconfirmed: exitCodes.unconfirmed,
};

/** A server may take five minutes to stop; after this the answer is that nobody knows. */
const patience = 900_000;
const pause = 500;

/** `off` → `outlet.off`, when the part has one such command. */
const fullName = async (reach: Reach, device: string, part: string, word: string): Promise<CommandName> => {
  if (isCommandName(word)) return word;
  if (word.includes(".")) throw new Stop(exitCodes.usage, `there is no command ${word}`);
  const { commands } = await askFor<PartView>(reach, partPath(device, part));
  const fitting = commands.filter((name) => shortName(name) === word);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  throw new Stop(exitCodes.usage, `${device} ${part} takes ${commands.length === 0 ? "no commands" : commands.join(", ")}`);
};

/** Waits for the end without holding one request open for minutes. */
const waitFor = async (reach: Reach, first: OutcomeView, { clock }: CliNeeds): Promise<OutcomeView> => {
  const end = clock.monotonic() + patience;
  let outcome = first;
  while (outcome.state === "running" && clock.monotonic() < end) {
    await clock.sleep(pause);
    outcome = await askFor<OutcomeView>(reach, `/api/v1/outcomes/${encodeURIComponent(outcome.id)}`);
  }
  return outcome.state === "running" ? { ...outcome, state: "unconfirmed", detail: "it still runs" } : outcome;
};

const outcomeText = (outcome: OutcomeView, confirm: string | undefined): string => {
  const { state, device, part, command, value, detail, writes, id } = outcome;
  const count = writes === undefined ? "" : ` (${writes} ${writes === 1 ? "write" : "writes"})`;
  const again = confirm === undefined ? "" : `\nTo do it all the same: repeat with --confirm ${confirm}`;
  const look = state === "running" ? `\nIts end: rack-power outcomes ${id}` : "";
  const given = value === undefined ? "" : ` ${value}`;
  return `${state}: ${device} ${part} ${command}${given}: ${detail}${count}${again}${look}\n`;
};

/** The words of the command line. A value goes as the text that it is; the program knows what the part takes. */
export interface Driven {
  readonly device: string;
  readonly part: string;
  readonly word: string;
  readonly value?: string | undefined;
}

/** Gives one command to a part of a device and tells how it ended. */
export const drive = async ({ device, part, word, value }: Driven, options: DriveOptions, needs: CliNeeds): Promise<ExitCode> => {
  const reach = await findAccess(options, "control", needs);
  const command = await fullName(reach, device, part, word);
  const { reason, confirm: token } = options;
  const body = { command, ...(value !== undefined && { value }), ...(reason !== undefined && { reason }), ...(token !== undefined && { confirm: token }) };
  const prefer = options.async ? "respond-async" : "respond-async, wait=30";
  const reply = await ask(reach, `${partPath(device, part)}/commands`, { method: "POST", body, headers: { prefer } });
  if (!reply.ok && !reply.problem.outcome) throw new Stop(problemCode(reply.status), problemText(reply.problem));
  const first = reply.ok ? (reply.body as OutcomeView) : (reply.problem.outcome as OutcomeView);
  const outcome = options.async ? first : await waitFor(reach, first, needs);
  const confirm = reply.ok ? outcome.confirm : reply.problem.confirm;
  needs.print(options.json ? showJson({ ...outcome, ...(confirm !== undefined && { confirm }) }) : outcomeText(outcome, confirm));
  return outcomeCodes[outcome.state];
};

/** Accepts the name that the device now gives to a part. */
export const acceptLabel = async (device: string, part: string, label: string, options: AccessOptions, needs: CliNeeds): Promise<ExitCode> => {
  const reach = await findAccess(options, "control", needs);
  await askFor(reach, `${partPath(device, part)}/label`, { method: "PUT", body: { label } });
  needs.print(`accepted: ${device} ${part} is "${label}"\n`);
  return exitCodes.ok;
};
