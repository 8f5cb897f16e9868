import { z } from "zod";
import type { Command } from "#domain/command.ts";
import type { Outcome } from "#domain/outcome.ts";
import type { Submission } from "#engine/bus.ts";
import type { Clock } from "#platform/clock.ts";
import { commandName, outcomeSchema, outcomeView, runningView } from "./outcome-view.ts";
import { originOf } from "./origin.ts";
import { readPreference } from "./prefer.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import { isErrorStatus, outcomeStatus, type ErrorStatus } from "./status.ts";
import { lineOfText, pathOfPart, person as personName } from "./word.ts";

const description = `Waits for the end of the command and answers with its outcome: 200 when the device, read back, agrees; 202 when a write was
taken of which nothing can be seen; else a problem that holds the outcome. With \`Prefer: respond-async\` (RFC 7240), and \`wait=…\` if you like,
the answer is 202 and a place to look. A part with \`lock: confirm\`, and a command that drops the load of a UPS, answers 423 with a token: send the same
command again with it, and with the same value.`;

const giveCommand = {
  config: { access: "control" },
  schema: {
    operationId: "giveCommand",
    summary: "Gives a command to a part",
    description,
    tags: ["commands"],
    security: keyed,
    params: pathOfPart,
    querystring: z.strictObject({}),
    headers: z.looseObject({ prefer: z.string().optional().describe("respond-async, and wait=<seconds>") }),
    body: z.strictObject({
      command: commandName,
      value: z
        .union([z.number(), z.string().max(500)])
        .optional()
        .describe("What a variable is set to, or after how many seconds a UPS acts; for commands that take one"),
      reason: lineOfText(500).optional().describe("Why; stands in the audit log"),
      person: personName.optional(),
      confirm: lineOfText(100).optional().describe("The token that a refusal of kind confirmation-needed gave"),
    }),
    response: { 200: outcomeSchema, 202: outcomeSchema, ...problems(409, 413, 415, 423, 502, 503, 504) },
  },
} as const;

/** The outcome, or undefined when it has not come after `wait` milliseconds. What needs no device, such as a refusal, comes in time also for 0. */
const within = async ({ outcome }: Submission, wait: number | undefined, clock: Clock): Promise<Outcome | undefined> => {
  if (wait === undefined) return outcome;
  const late = Promise.withResolvers<undefined>();
  using _timer = clock.after(wait, () => late.resolve(undefined));
  return await Promise.race([outcome, late.promise]);
};

const problemOf = (outcome: Outcome, status: ErrorStatus, life: number): Problem => {
  const kind = outcome.state === "refused" ? outcome.refusal : outcome.state === "failed" ? outcome.fault : outcome.state;
  const confirm = outcome.state === "refused" ? outcome.confirm : undefined;
  return new Problem(status, outcome.detail, {
    kind,
    outcome: outcomeView(outcome),
    ...(confirm !== undefined && { confirm, confirmSeconds: life / 1000 }),
  });
};

/** The one path that switches something. */
export const commandRoute = (app: App, { bus, clock, confirmationLife }: RouteServices): void => {
  app.post("/api/v1/devices/:id/parts/:part/commands", giveCommand, async ({ params, body, headers, caller }, reply) => {
    const { command: name, value, reason, confirm, person } = body;
    const words = { ...(value !== undefined && { value }), ...(reason !== undefined && { reason }), ...(confirm !== undefined && { confirm }) };
    const command: Command = { device: params.id, part: params.part, name, by: originOf(caller, person), ...words };
    const askedAt = clock.now();
    const submission = bus.submit(command);
    reply.header("location", `/api/v1/outcomes/${submission.id}`);
    const outcome = await within(submission, readPreference(headers.prefer).wait, clock);
    if (!outcome) {
      reply.code(202).header("preference-applied", "respond-async");
      return runningView({ id: submission.id, command, askedAt });
    }
    const status = outcomeStatus(outcome);
    if (isErrorStatus(status)) throw problemOf(outcome, status, confirmationLife);
    reply.code(status);
    return outcomeView(outcome);
  });
};
