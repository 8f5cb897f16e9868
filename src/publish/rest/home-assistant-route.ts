import { z } from "zod";
import type { AtHomeAssistant } from "./option.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import { lineOfText } from "./word.ts";

const counterSchema = z
  .object({
    sensor: z.string().describe("Entity id of the energy sensor"),
    name: z.string(),
    power: z.string().optional().describe("Entity id of the power beside it"),
    within: z.string().optional().describe("Entity id of the sensor that counts the same energy further upstream"),
  })
  .meta({ id: "EnergyCounter" });

const orphanSchema = z.object({ entityId: z.string(), uniqueId: z.string(), name: z.string() }).meta({ id: "Orphan" });

/** A list of what a person agreed to, of any length that a house may have. */
const agreed = (about: string): z.ZodArray<z.ZodString> => z.array(lineOfText(255).min(1)).max(5_000).describe(about);
const largestList = 1_048_576;

const common = { tags: ["home assistant"], security: keyed, querystring: z.strictObject({}) };
const asking = problems(409, 502, 503, 504);
const acting = problems(409, 413, 415, 502, 503, 504);

const listCounters = {
  config: { access: "read" },
  schema: {
    ...common,
    operationId: "listEnergyCounters",
    summary: "Energy sensors that are not in the Energy dashboard yet",
    description: "404 when Rack Power does not run as an add-on, 503 while Home Assistant is away; so for all paths of this kind.",
    response: { 200: z.array(counterSchema), ...asking },
  },
} as const;

const addCounters = {
  config: { access: "admin" },
  bodyLimit: largestList,
  schema: {
    ...common,
    operationId: "addEnergyCounters",
    summary: "Adds to the Energy dashboard what a person agreed to",
    description: "What is there stays. Gives what was added: not what was there already, and not what is no sensor of ours.",
    body: z.strictObject({ sensors: agreed("Entity ids") }),
    response: { 200: z.array(counterSchema), ...acting },
  },
} as const;

const listOrphans = {
  config: { access: "read" },
  schema: {
    ...common,
    operationId: "listOrphans",
    summary: "Entities that came from Rack Power and that nobody publishes any more",
    description: "404 also without a broker: then nobody knows what is published.",
    response: { 200: z.array(orphanSchema), ...asking },
  },
} as const;

const dropOrphans = {
  config: { access: "admin" },
  bodyLimit: largestList,
  schema: {
    ...common,
    operationId: "removeOrphans",
    summary: "Removes from Home Assistant those of them that a person agreed to",
    description: "POST and not DELETE, whose body anybody on the way may drop (RFC 9110, 9.3.5). Gives what was removed: only what is an orphan still.",
    body: z.strictObject({ uniqueIds: agreed("Unique ids") }),
    response: { 200: z.array(orphanSchema), ...acting },
  },
} as const;

const known = <T>(found: readonly T[] | undefined): T[] => {
  if (!found) throw new Problem(404, "no broker is configured: nobody knows what is left over");
  return [...found];
};

/** What can be done at Home Assistant besides MQTT. */
export const homeAssistantRoutes = (app: App, { atHomeAssistant }: RouteServices): void => {
  const home = (): AtHomeAssistant => {
    if (!atHomeAssistant) throw new Problem(404, "Rack Power does not run as an add-on: it has no connection to Home Assistant besides MQTT");
    return atHomeAssistant;
  };
  app.get("/api/v1/home-assistant/energy", listCounters, async () => [...(await home().energy())]);
  app.post("/api/v1/home-assistant/energy", addCounters, async ({ body }) => [...(await home().addEnergy(body.sensors))]);
  app.get("/api/v1/home-assistant/orphans", listOrphans, async () => known(await home().orphans()));
  app.post("/api/v1/home-assistant/orphans/remove", dropOrphans, async ({ body }) => known(await home().removeOrphans(body.uniqueIds)));
};
