import { z } from "zod";
import { allows } from "#domain/scope.ts";
import { logLevels } from "#platform/log.ts";
import type { BrokerStatus } from "./option.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";

const connectionStates = ["connecting", "online", "offline", "quarantined"] as const;

const brokerSchema = z
  .object({
    state: z.enum(["connected", "connecting", "refused"]).describe("refused: the broker is there, and somebody has to change something"),
    protocol: z.literal([5, 4]).optional().describe("4 is MQTT 3.1.1"),
    detail: z.string().optional(),
  })
  .meta({ id: "Broker" });

const level = z.enum(logLevels).describe("How much is told in the log");

const healthSchema = z
  .object({
    state: z.enum(["ready", "degraded", "stopping"]).describe("degraded: runs, and something is not as it should be"),
    version: z.string().optional(),
    problems: z.array(z.string()).optional(),
    broker: brokerSchema.optional().describe("Absent when no broker is configured"),
    instance: z.uuid().optional().describe("Of this installation; kept with its data"),
    logLevel: level.optional(),
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

const logLevelSchema = z.strictObject({ level }).meta({ id: "LogLevel" });

const putLogLevel = {
  config: { access: "admin" },
  schema: {
    operationId: "setLogLevel",
    summary: "Sets how much is told in the log",
    description: "Until the next start, or until the configuration is read again and says otherwise.",
    tags: ["program"],
    security: keyed,
    querystring: z.strictObject({}),
    body: logLevelSchema,
    response: { 200: logLevelSchema, ...problems(413, 415) },
  },
} as const;

const brokerView = ({ state, protocol, detail }: BrokerStatus): z.infer<typeof brokerSchema> => ({
  state,
  ...(protocol !== undefined && { protocol }),
  ...(detail !== undefined && { detail }),
});

/** The program itself: how it is, its description, its configuration. */
export const programRoutes = (app: App, { store, health, reload, setLogLevel, version }: RouteServices): void => {
  app.get("/api/v1/health", getHealth, async ({ caller }) => {
    const { state, problems: found, broker, instance, logLevel } = health();
    if (!caller || !allows(caller.scopes, "read")) return { state };
    const states = store.devices().map(({ connection }) => connection.state);
    const count = (name: (typeof connectionStates)[number]): number => states.filter((one) => one === name).length;
    const devices = { connecting: count("connecting"), online: count("online"), offline: count("offline"), quarantined: count("quarantined") };
    const more = { ...(broker && { broker: brokerView(broker) }), ...(instance !== undefined && { instance }), ...(logLevel && { logLevel }) };
    return { state, version, problems: [...found], devices, ...more };
  });
  app.get("/api/v1/openapi.json", getDescription, async () => app.swagger() as { openapi: string });
  if (setLogLevel)
    app.put("/api/v1/log-level", putLogLevel, async ({ body }) => {
      setLogLevel(body.level);
      return body;
    });
  if (reload)
    app.post("/api/v1/reload", postReload, async () => {
      const { accepted, problems: found } = await reload();
      if (accepted) return { accepted, problems: [...found] };
      const errors = found.map((detail) => ({ detail }));
      throw new Problem(422, "the new configuration is not usable; the old one stays", { kind: "configuration", errors });
    });
};
