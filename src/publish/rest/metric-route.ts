import { z } from "zod";
import { createMetrics } from "./metric.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";

export const metricRoute = (app: App, services: RouteServices): void => {
  const metrics = createMetrics(services);
  app.addHook("onClose", async () => metrics[Symbol.dispose]());
  app.get(
    "/metrics",
    {
      config: { access: "read" },
      schema: {
        operationId: "getMetrics",
        summary: "For Prometheus",
        tags: ["program"],
        security: keyed,
        produces: ["text/plain"],
        querystring: z.looseObject({}),
        response: { 200: z.string(), ...problems() },
      },
      // The text is ready: without this it would be sent as a JSON string.
      serializerCompiler: () => String,
    },
    async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
};
