import { z } from "zod";
import { commandNames } from "#domain/capability.ts";
import type { Command, Origin } from "#domain/command.ts";
import { faultKinds } from "#domain/fault.ts";
import { refusals, type Outcome } from "#domain/outcome.ts";
import type { Running } from "#engine/bus.ts";
import { rfc3339 } from "#platform/rfc3339.ts";
import type { Caller } from "./key-ring.ts";
import { isOwn } from "./origin.ts";
import { deviceId, moment, partId } from "./word.ts";

export const commandName = z.enum(commandNames).meta({ id: "CommandName" });

const originSchema = z
  .object({
    via: z.enum(["mqtt", "rest", "page", "nut", "engine"]),
    key: z.string().optional().describe("Name of the API key"),
    person: z.string().optional().describe("Who was at the page, or for whom the key acted"),
    user: z.string().optional().describe("User of the NUT server"),
    why: z.string().optional().describe("What made the program do it by itself"),
  })
  .describe("Through which door the command came");

export const outcomeSchema = z
  .object({
    id: z.string(),
    device: deviceId,
    part: partId,
    command: z.string().describe("As it was asked; one of the catalogue, unless it was refused"),
    value: z.union([z.number(), z.string()]).optional().describe("What came with the command"),
    by: originSchema,
    reason: z.string().optional().describe("Why, in the words of whoever asked"),
    state: z.enum(["running", "confirmed", "unconfirmed", "refused", "failed"]).describe(
      `running: under way. confirmed: the device, read back, agrees. unconfirmed: a write may have left, and its effect was not seen.
refused: nothing was sent. failed: the device or the way to it said no`,
    ),
    refusal: z.enum(refusals).optional(),
    fault: z.enum(faultKinds).optional(),
    detail: z.string().describe("One sentence for a person"),
    writes: z.int().optional().describe("Writes that left for the device; absent while under way"),
    askedAt: moment,
    endedAt: moment.optional(),
    confirm: z.string().optional().describe("The token that a refusal of kind confirmation-needed gives, to the caller who asked"),
  })
  .meta({ id: "Outcome" });
export type OutcomeView = z.infer<typeof outcomeSchema>;

const originView = (by: Origin): OutcomeView["by"] => ({ ...by });

const commandView = ({ device, part, name, value, by, reason }: Command): Pick<OutcomeView, "device" | "part" | "command" | "value" | "by" | "reason"> => ({
  device,
  part,
  command: name,
  ...(value !== undefined && { value }),
  by: originView(by),
  ...(reason !== undefined && { reason }),
});

/** A confirmation token is shown to nobody but the caller who was asked for it. */
export const outcomeView = (outcome: Outcome, asker?: Caller): OutcomeView => {
  const own = isOwn(outcome.command.by, asker);
  return {
    id: outcome.id,
    ...commandView(outcome.command),
    state: outcome.state,
    ...(outcome.state === "refused" && { refusal: outcome.refusal, ...(own && outcome.confirm !== undefined && { confirm: outcome.confirm }) }),
    ...("fault" in outcome && outcome.fault !== undefined && { fault: outcome.fault }),
    detail: outcome.detail,
    writes: outcome.writes,
    askedAt: rfc3339(outcome.askedAt),
    endedAt: rfc3339(outcome.endedAt),
  };
};

export const runningView = ({ id, command, askedAt }: Running): OutcomeView => ({
  id,
  ...commandView(command),
  state: "running",
  detail: "under way",
  askedAt: rfc3339(askedAt),
});
