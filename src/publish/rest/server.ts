import { fastifyHelmet } from "@fastify/helmet";
import { fastifyRateLimit } from "@fastify/rate-limit";
import type { ZodTypeProvider } from "@fastify/type-provider-zod";
import { fastify } from "fastify";
import { listenFailure } from "#platform/listen-failure.ts";
import { guard } from "./access.ts";
import { backupRoutes } from "./backup-route.ts";
import { commandRoute } from "./command-route.ts";
import { compileValidator } from "./compile-validator.ts";
import { deviceRoutes } from "./device-route.ts";
import { sendError } from "./error-reply.ts";
import { entityRoutes } from "./entity-route.ts";
import { eventRoute } from "./event-route.ts";
import { createKeyRing, type ApiKey, type KeyRing } from "./key-ring.ts";
import { homeAssistantRoutes } from "./home-assistant-route.ts";
import { guardMethods } from "./method-guard.ts";
import { metricRoute } from "./metric-route.ts";
import { describeWith } from "./openapi.ts";
import { usualLimits, type Ingress, type RestDependencies, type RestLimits, type RestOptions } from "./option.ts";
import { outcomeRoutes } from "./outcome-route.ts";
import { pageSource } from "./page-view.ts";
import { foldPart } from "./part-url.ts";
import { Problem } from "./problem.ts";
import { programRoutes } from "./program-route.ts";
import { refuseConnection } from "./refuse-connection.ts";
import { repairRoutes } from "./repair-route.ts";
import type { App, RouteServices } from "./route.ts";
import { setupRoutes } from "./setup-route.ts";

export interface RestServer extends AsyncDisposable {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** From the next request on, these keys are good and no others. */
  replaceKeys(keys: readonly ApiKey[]): void;
}

const routes: readonly ((app: App, services: RouteServices) => void)[] = [
  programRoutes,
  repairRoutes,
  entityRoutes,
  homeAssistantRoutes,
  setupRoutes,
  deviceRoutes,
  commandRoute,
  outcomeRoutes,
  eventRoute,
  metricRoute,
  backupRoutes,
];

/** How long answers that wait for a device may still take when the server stops, in milliseconds. */
const farewell = 2_000;

const createApp = (limits: RestLimits, log: RestDependencies["log"]): App => {
  const app = fastify({
    logger: false,
    bodyLimit: limits.body,
    requestTimeout: limits.requestTime,
    keepAliveTimeout: 30_000,
    forceCloseConnections: "idle",
    // The check's rhythm decides how late a slow header is noticed; Node's own is 30 s.
    http: { headersTimeout: limits.headerTime, connectionsCheckingInterval: Math.min(5_000, limits.headerTime), maxHeaderSize: 16_384 },
    routerOptions: { maxParamLength: 300 },
    rewriteUrl: ({ url = "/" }) => foldPart(url),
    frameworkErrors: (error, request, reply) => void sendError(log)(error, request, reply),
    clientErrorHandler: refuseConnection,
  });
  app.server.maxConnections = limits.connections;
  app.setValidatorCompiler(compileValidator);
  // Not checked against the schema again: a reading that fits none is still better shown than turned into a 500.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(sendError(log));
  app.setNotFoundHandler(async () => {
    throw new Problem(404, "there is nothing at this path");
  });
  return app.withTypeProvider<ZodTypeProvider>();
};

/** Resolves when no answer is under way. */
const createQuiet = (app: App): (() => Promise<void>) => {
  let open = 0;
  let wake = (): void => undefined;
  app.addHook("onRequest", async (_, reply) => {
    open++;
    // Comes also when the client hangs up, unlike the hook onResponse.
    reply.raw.once("close", () => {
      if (--open === 0) wake();
    });
  });
  return async () => {
    if (open > 0) await new Promise<void>((resolve) => (wake = resolve));
  };
};

const build = async (app: App, dependencies: RestDependencies, limits: RestLimits, keys: KeyRing, ingress: Ingress | undefined): Promise<void> => {
  const { log, clock, version, page } = dependencies;
  const paths = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    for (const one of [method].flat()) paths.set(url, (paths.get(url) ?? new Set()).add(one));
  });
  await app.register(fastifyHelmet, {
    global: false,
    // Plain HTTP in a home network: HSTS and upgrade-insecure-requests would lock people out.
    strictTransportSecurity: false,
    // Browsers heed these two only on HTTPS, and complain of them elsewhere.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xFrameOptions: { action: "deny" },
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
  });
  // With the answer and not with the request: a command is not to wait for the answer's headers.
  app.addHook("onSend", async (_, reply) => void reply.helmet?.());
  await app.register(fastifyRateLimit, { global: false });
  await describeWith(app, version);
  guard(app, { keys, log, clock, limits, ingress });
  const services = { ...dependencies, limits };
  for (const add of routes) add(app, services);
  // In a scope of its own, whose bodies are forms and whose errors are pages.
  if (page) await app.register(async (scope) => page(scope.withTypeProvider<ZodTypeProvider>(), pageSource(services)));
  guardMethods(app, paths);
};

const listen = async (app: App, host: string, port: number): Promise<number> => {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw new Error(`REST ${listenFailure(host, port, error)}`, { cause: error });
  }
  const address = app.server.address();
  return typeof address === "object" && address ? address.port : port;
};

/** Serves until disposed. Rejects, with one sentence for a person, when the address cannot be had. */
export const startRest = async (options: RestOptions, dependencies: RestDependencies): Promise<RestServer> => {
  const keys = createKeyRing(options.keys);
  const limits = { ...usualLimits, ...options.limits };
  const app = createApp(limits, dependencies.log);
  const quiet = createQuiet(app);
  await build(app, dependencies, limits, keys, options.ingress);
  const port = await listen(app, options.host, options.port);
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    port,
    replaceKeys: (next) => keys.replace(next),
    [Symbol.asyncDispose]: async () => {
      const closed = app.close();
      const late = Promise.withResolvers<void>();
      using _timer = dependencies.clock.after(farewell, late.resolve);
      await Promise.race([quiet(), late.promise]);
      // Node takes a connection that has not asked anything yet for a busy one, and would wait for it.
      app.server.closeAllConnections();
      await closed;
    },
  };
};
