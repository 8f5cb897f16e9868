import { fastifySwagger } from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "@fastify/type-provider-zod";
import type { OpenAPIV3_1 } from "openapi-types";
import { problemMedia } from "./problem.ts";
import type { App } from "./route.ts";
import { errorTitles, isErrorStatus } from "./status.ts";

const text = (about: string): OpenAPIV3_1.HeaderObject => ({ description: about, schema: { type: "string" } });

const headersOf = (status: number, operation: string | undefined): Record<string, OpenAPIV3_1.HeaderObject> => {
  if (status === 401) return { "WWW-Authenticate": text("How to show a key") };
  if (status === 429) return { "Retry-After": text("Seconds") };
  if (operation === "giveCommand" && status === 202)
    return { Location: text("Where the outcome is"), "Preference-Applied": text("respond-async, when the command is under way") };
  if (operation === "addDevice" && status === 201) return { Location: text("Where the device is") };
  if (operation === "giveCommand" && status === 200) return { Location: text("Where the outcome is") };
  return {};
};

/** Errors are problems, and say so; each answer is described by its status. */
const finishOperation = (operation: OpenAPIV3_1.OperationObject): void => {
  for (const [code, response] of Object.entries(operation.responses ?? {})) {
    const status = Number(code);
    if ("$ref" in response) continue;
    const headers = headersOf(status, operation.operationId);
    if (Object.keys(headers).length > 0) response.headers = headers;
    const [media] = Object.values(response.content ?? {});
    if (isErrorStatus(status) && media) Object.assign(response, { description: errorTitles[status], content: { [problemMedia]: media } });
    else if (response.description === "Default Response") response.description = "Done";
  }
};

/** The schemas that the document refers to, and those they refer to. The registry that zod keeps is the whole program's. */
const referred = (from: unknown, schemas: Readonly<Record<string, unknown>>, found = new Set<string>()): ReadonlySet<string> => {
  for (const [, name] of JSON.stringify(from).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (name === undefined || found.has(name)) continue;
    found.add(name);
    referred(schemas[name] ?? {}, schemas, found);
  }
  return found;
};

const finish = (document: OpenAPIV3_1.Document): OpenAPIV3_1.Document => {
  for (const path of Object.values(document.paths ?? {}))
    for (const method of ["get", "put", "post"] as const) if (path?.[method]) finishOperation(path[method]);
  const schemas = document.components?.schemas ?? {};
  const wanted = referred(document.paths, schemas);
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => wanted.has(name))) } };
};

const description = "UPSs, PDU outlets, servers with a BMC and energy meters. A command ends only when the device, read back, agrees.";

/** Must come before the routes. The document is made when it is first asked for. */
export const describeWith = async (app: App, version: string): Promise<void> => {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.1",
      info: { title: "Rack Power", version, description, license: { name: "MIT", identifier: "MIT" } },
      servers: [{ url: "/" }],
      components: {
        securitySchemes: {
          key: { type: "apiKey", in: "header", name: "X-API-Key" },
          bearer: { type: "http", scheme: "bearer", description: "The same key; for clients such as Prometheus" },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => finish(jsonSchemaTransformObject(document) as OpenAPIV3_1.Document),
  });
};
