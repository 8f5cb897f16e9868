import { z } from "zod";
import { allows } from "#domain/scope.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";

const connectionStates = ["connecting", "online", "offline", "quarantined"] as const;

const healthSchema = z
  .object({
    state: z.enum(["ready", "degraded"]).describe("degraded: runs, and something is not as it should be"),
    version: z.string().optional(),
    problems: z.array(z.string()).optional(),
    devices: z.record(z.enum(connectionStates), z.int()).optional().describe("How many devices are in each state"),
  })
  .meta({ id: "Health" });

const reloadSchema = z.object({ accepted: z.boolean(), problems: z.array(z.string()) }).meta({ id: "Reload" });

const getHealth = {
  config: { access: "open" },
  schema: {
    operationId: "getHealth",
    summary: "Whether the program is well",
    description: `Always 200 while the program runs, so that a watchdog does not restart it because one device is away.
Details only with a key.`,
    tags: ["program"],
    security: [{}, ...keyed],
    querystring: z.strictObject({}),
    response: { 200: healthSchema, ...problems() },
  },
} as const;

const getDescription = {
  config: { access: "open" },
  schema: {
    operationId: "getDescription",
    summary: "This description",
    tags: ["program"],
    security: [] as typeof keyed,
    response: { 200: z.looseObject({ openapi: z.string() }), ...problems() },
  },
} as const;

const postReload = {
  config: { access: "admin" },
  schema: {
    operationId: "reload",
    summary: "Reads the configuration again",
    description: "Devices whose entry is unchanged keep their connection.",
    tags: ["program"],
    security: keyed,
    querystring: z.strictObject({}),
    response: { 200: reloadSchema, ...problems(415) },
  },
} as const;

/** The program itself: how it is, its description, its configuration. */
export const programRoutes = (app: App, { store, health, reload, version }: RouteServices): void => {
  app.get("/api/v1/health", getHealth, async ({ caller }) => {
    const { state, problems: found } = health();
    if (!caller || !allows(caller.scopes, "read")) return { state };
    const states = store.devices().map(({ connection }) => connection.state);
    const count = (name: (typeof connectionStates)[number]): number => states.filter((one) => one === name).length;
    const devices = { connecting: count("connecting"), online: count("online"), offline: count("offline"), quarantined: count("quarantined") };
    return { state, version, problems: [...found], devices };
  });
  app.get("/api/v1/openapi.json", getDescription, async () => app.swagger() as { openapi: string });
  if (reload)
    app.post("/api/v1/reload", postReload, async () => {
      const { accepted, problems: found } = await reload();
      if (accepted) return { accepted, problems: [...found] };
      const errors = found.map((detail) => ({ detail }));
      throw new Problem(422, "the new configuration is not usable; the old one stays", { kind: "configuration", errors });
    });
};
