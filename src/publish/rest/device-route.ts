import { z } from "zod";
import type { DeviceState, PartState } from "#store/read.ts";
import { deviceSchema, deviceView, partSchema, partView } from "./device-view.ts";
import { originOf } from "./origin.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import { lineOfText, pathOfDevice, pathOfPart, person } from "./word.ts";

const seen = { tags: ["devices"], security: keyed, querystring: z.strictObject({}) };

const listDevices = {
  config: { access: "read" },
  schema: {
    operationId: "listDevices",
    summary: "All devices with their parts and readings",
    ...seen,
    response: { 200: z.array(deviceSchema), ...problems() },
  },
} as const;

const getDevice = {
  config: { access: "read" },
  schema: { operationId: "getDevice", summary: "One device", ...seen, params: pathOfDevice, response: { 200: deviceSchema, ...problems() } },
} as const;

const getPart = {
  config: { access: "read" },
  schema: { operationId: "getPart", summary: "One part", ...seen, params: pathOfPart, response: { 200: partSchema, ...problems() } },
} as const;

const acceptLabel = {
  config: { access: "control" },
  schema: {
    operationId: "acceptLabel",
    summary: "Accepts the name that the device now gives to a part",
    description: `After a command was refused with label-changed. The label must be the one that the device shows now, so that nobody accepts what he
has not seen. It is not written to the device.`,
    ...seen,
    params: pathOfPart,
    body: z.strictObject({ label: lineOfText(200), person: person.optional() }),
    response: { 204: z.undefined().describe("Accepted"), ...problems(409, 413, 415, 502, 503, 504) },
  },
} as const;

/** What there is, and how it is. */
export const deviceRoutes = (app: App, { store, bus }: RouteServices): void => {
  const known = (id: string): DeviceState => {
    const device = store.device(id);
    if (!device) throw new Problem(404, `there is no device ${id}`);
    return device;
  };
  const partOf = (device: DeviceState, part: string): PartState => {
    const found = device.parts.get(part);
    if (!found) throw new Problem(404, `${device.id} has no part ${part}`);
    return found;
  };
  app.get("/api/v1/devices", listDevices, async () => store.devices().map(deviceView));
  app.get("/api/v1/devices/:id", getDevice, async ({ params }) => deviceView(known(params.id)));
  app.get("/api/v1/devices/:id/parts/:part", getPart, async ({ params }) => {
    const device = known(params.id);
    return partView(device, partOf(device, params.part));
  });
  app.put("/api/v1/devices/:id/parts/:part/label", acceptLabel, async ({ params, body, caller }, reply) => {
    partOf(known(params.id), params.part);
    await bus.acceptLabel(params.id, params.part, body.label, originOf(caller, body.person));
    return reply.code(204).send();
  });
};
