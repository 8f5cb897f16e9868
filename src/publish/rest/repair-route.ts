import { z } from "zod";
import { repairKinds, type Repair } from "#domain/repair.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import { deviceId, partId } from "./word.ts";

const repairSchema = z
  .object({
    id: z.string().describe("The same for the same trouble at the same place"),
    kind: z.enum(repairKinds),
    detail: z.string().describe("One sentence for a person"),
    device: deviceId.optional().describe("With quarantined, denied, label-changed"),
    part: partId.optional().describe("With label-changed"),
    label: z.string().optional().describe("With label-changed: what the device calls the part now; accept it with PUT …/label"),
    accepted: z.string().optional().describe("With label-changed: the name that was accepted before"),
    file: z.string().optional().describe("With quarantined and configuration"),
    line: z.int().optional().describe("From 1"),
    column: z.int().optional().describe("From 1"),
    option: z.string().optional().describe("With option: its name"),
  })
  .meta({ id: "Repair" });

const listRepairs = {
  config: { access: "read" },
  schema: {
    operationId: "listRepairs",
    summary: "What is wrong and a person can put right",
    tags: ["program"],
    security: keyed,
    querystring: z.strictObject({}),
    response: { 200: z.array(repairSchema), ...problems() },
  },
} as const;

const viewOf = (repair: Repair): z.infer<typeof repairSchema> => ({ ...repair });

/** What has to be put right. */
export const repairRoutes = (app: App, { repairs }: RouteServices): void => {
  app.get("/api/v1/repairs", listRepairs, async () => (repairs?.() ?? []).map(viewOf));
};
