import { z } from "zod";
import { outcomeSchema, outcomeView, runningView } from "./outcome-view.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import { deviceId, lineOfText, partId } from "./word.ts";

const listOutcomes = {
  config: { access: "read" },
  schema: {
    operationId: "listOutcomes",
    summary: "Ended commands, newest first",
    tags: ["commands"],
    security: keyed,
    querystring: z.strictObject({
      device: deviceId.optional(),
      part: partId.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100).describe("How many at most"),
    }),
    response: { 200: z.array(outcomeSchema), ...problems() },
  },
} as const;

const getOutcome = {
  config: { access: "read" },
  schema: {
    operationId: "getOutcome",
    summary: "One command: its outcome, or that it is still running",
    tags: ["commands"],
    security: keyed,
    params: z.object({ id: lineOfText(100).min(1) }),
    querystring: z.strictObject({}),
    response: { 200: outcomeSchema, ...problems() },
  },
} as const;

/** Who asked for what, and how it ended: the audit log. */
export const outcomeRoutes = (app: App, { bus }: RouteServices): void => {
  app.get("/api/v1/outcomes", listOutcomes, async ({ query: { device, part, limit }, caller }) => {
    const found = bus.outcomes({ limit, ...(device !== undefined && { device }), ...(part !== undefined && { part }) });
    return found.map((outcome) => outcomeView(outcome, caller));
  });
  app.get("/api/v1/outcomes/:id", getOutcome, async ({ params: { id }, caller }) => {
    const running = bus.running().find((one) => one.id === id);
    if (running) return runningView(running);
    const outcome = bus.outcome(id);
    if (!outcome) throw new Problem(404, `there is no outcome ${id}`);
    return outcomeView(outcome, caller);
  });
};
