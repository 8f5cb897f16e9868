import { z } from "zod";
import type { Identified, NotAdded } from "#domain/identified.ts";
import { readingView, readingViewSchema } from "./device-view.ts";
import { commandName } from "./outcome-view.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import type { ErrorStatus } from "./status.ts";
import { deviceId, lineOfText, partId } from "./word.ts";

const options = z.record(z.string().max(100), z.unknown());

const answerSchema = z
  .object({
    driver: z.string(),
    why: z.string().optional().describe("Why nothing was learned by this driver; without it the device answered"),
    id: deviceId.optional().describe("An id for it that nobody has yet"),
    description: z
      .object({
        manufacturer: z.string().optional(),
        model: z.string().optional(),
        serial: z.string().optional(),
        firmware: z.string().optional(),
        mac: z.array(z.string()).optional(),
        parts: z.array(z.object({ id: partId, label: z.string().optional(), points: z.array(z.string()), commands: z.array(commandName) })),
      })
      .optional(),
    readings: z.array(readingViewSchema).optional(),
    yaml: z.string().optional().describe("Lines to paste below devices: in the configuration"),
    entry: options.optional().describe("The same as data, for POST /devices. A secret is the text `!secret name`; the program remembers it for ten minutes"),
  })
  .meta({ id: "Identified" });

const identifyHost = {
  config: { access: "admin" },
  schema: {
    operationId: "identify",
    summary: "Asks a host what it is, and writes nothing to it",
    description: "By one driver, or by all of them at the same time. Takes up to half a minute when nobody answers.",
    tags: ["setup"],
    security: keyed,
    querystring: z.strictObject({}),
    body: z.strictObject({
      host: lineOfText(255).min(1).describe("Name or IP address"),
      driver: lineOfText(50).optional().describe("Kind of device; without it all are tried"),
      options: options.optional().describe("Keys of the driver as they would stand in the configuration, such as community or password"),
    }),
    response: { 200: z.array(answerSchema), ...problems(413, 415) },
  },
} as const;

const addDevice = {
  config: { access: "admin" },
  schema: {
    operationId: "addDevice",
    summary: "Writes a device into the configuration file and starts it",
    description: `Everything else in the file stays as it is, with its comments. Passwords go to secrets.yaml beside it. The entry is checked before anything is
written.`,
    tags: ["setup"],
    security: keyed,
    querystring: z.strictObject({}),
    body: z.strictObject({ id: deviceId, entry: options.describe("driver and its keys, as in the configuration") }),
    response: { 201: z.object({ id: deviceId }), ...problems(409, 413, 415, 503) },
  },
} as const;

const viewOf = (one: Identified): z.infer<typeof answerSchema> => {
  if ("why" in one) return { driver: one.driver, why: one.why };
  const { driver, id, description, readings, yaml, entry } = one;
  const { mac, parts, ...words } = description;
  return {
    driver,
    id,
    description: {
      ...words,
      ...(mac && { mac: [...mac] }),
      parts: parts.map(({ id: part, label, points, commands }) => ({
        id: part,
        ...(label !== undefined && { label }),
        points: [...points],
        commands: [...commands],
      })),
    },
    readings: readings.map(readingView),
    yaml,
    entry,
  };
};

const notAdded: Readonly<Record<NotAdded, ErrorStatus>> = { exists: 409, changed: 409, wrong: 422, unwritable: 503 };

/** How a device gets into the configuration. */
export const setupRoutes = (app: App, { identify, addDevice: add }: RouteServices): void => {
  if (identify)
    app.post("/api/v1/identify", identifyHost, async ({ body: { host, driver, options: given } }) => {
      const found = await identify({ host, ...(driver !== undefined && { driver }), ...(given && { options: given }) });
      return found.map(viewOf);
    });
  if (add)
    app.post("/api/v1/devices", addDevice, async ({ body: { id, entry } }, reply) => {
      const result = await add(id, entry);
      if (!result.ok) {
        const { why, detail, problems: found } = result;
        throw new Problem(notAdded[why], detail, { kind: why, errors: found.map((one) => ({ detail: one })) });
      }
      reply.code(201).header("location", `/api/v1/devices/${id}`);
      return { id };
    });
};
