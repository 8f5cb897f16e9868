import { z } from "zod";
import type { DeviceState } from "#store/read.ts";
import { deviceSchema, deviceView, partSchema, partView } from "./device-view.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import { lineOfText, pathOfDevice, pathOfPart } from "./word.ts";

const tags = ["devices"];

/** What there is, and how it is. */
export const deviceRoutes = (app: App, { store, bus }: RouteServices): void => {
  const known = (id: string): DeviceState => {
    const device = store.device(id);
    if (!device) throw new Problem(404, `there is no device ${id}`);
    return device;
  };
  const knownPart = (id: string, part: string): { readonly device: DeviceState; readonly part: NonNullable<ReturnType<DeviceState["parts"]["get"]>> } => {
    const device = known(id);
    const found = device.parts.get(part);
    if (!found) throw new Problem(404, `${id} has no part ${part}`);
    return { device, part: found };
  };

  app.get(
    "/api/v1/devices",
    {
      config: { access: "read" },
      schema: { operationId: "listDevices", summary: "All devices with their parts and readings", tags, security: keyed, querystring: z.strictObject({}), response: { 200: z.array(deviceSchema), ...problems() } },
    },
    async () => store.devices().map(deviceView),
  );

  app.get(
    "/api/v1/devices/:id",
    { config: { access: "read" }, schema: { operationId: "getDevice", summary: "One device", tags, security: keyed, params: pathOfDevice, querystring: z.strictObject({}), response: { 200: deviceSchema, ...problems() } } },
    async ({ params }) => deviceView(known(params.id)),
  );

  app.get(
    "/api/v1/devices/:id/parts/:part",
    { config: { access: "read" }, schema: { operationId: "getPart", summary: "One part", tags, security: keyed, params: pathOfPart, querystring: z.strictObject({}), response: { 200: partSchema, ...problems() } } },
    async ({ params }) => {
      const { device, part } = knownPart(params.id, params.part);
      return partView(device, part);
    },
  );

  app.put(
    "/api/v1/devices/:id/parts/:part/label",
    {
      config: { access: "control" },
      schema: {
        operationId: "acceptLabel",
        summary: "Accepts the name that the device now gives to a part",
        description: "After a command was refused with label-changed. The label must be the one that the device shows now, so that nobody accepts what he has not seen. It is not written to the device.",
        tags,
        security: keyed,
        params: pathOfPart,
        querystring: z.strictObject({}),
        body: z.strictObject({ label: lineOfText(200) }),
        response: { 204: z.undefined().describe("Accepted"), ...problems(409, 413, 415, 502, 503, 504) },
      },
    },
    async ({ params, body, caller }, reply) => {
      knownPart(params.id, params.part);
      await bus.acceptLabel(params.id, params.part, body.label, { via: "rest", key: caller?.name ?? "" });
      return reply.code(204).send();
    },
  );
};
