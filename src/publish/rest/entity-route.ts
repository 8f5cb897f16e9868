import { z } from "zod";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";

const entitiesSchema = z.object({ deviceIdentifiers: z.array(z.string()), uniqueIds: z.array(z.string()) }).meta({ id: "Entities" });

const getEntities = {
  config: { access: "read" },
  schema: {
    operationId: "getEntities",
    summary: "What Home Assistant gets by MQTT discovery now",
    description: `Identifiers of the devices and unique ids of the entities. What a registry has of us and is not among these is orphaned. 404 without a broker:
then nobody knows, and nothing is orphaned.`,
    tags: ["program"],
    security: keyed,
    querystring: z.strictObject({}),
    response: { 200: entitiesSchema, ...problems() },
  },
} as const;

/** What is published, for whoever looks for what is left over. */
export const entityRoutes = (app: App, { entities }: RouteServices): void => {
  app.get("/api/v1/entities", getEntities, async () => {
    const found = entities?.();
    if (!found) throw new Problem(404, "no broker is configured: nothing is published");
    return { deviceIdentifiers: [...found.deviceIdentifiers], uniqueIds: [...found.uniqueIds] };
  });
};
