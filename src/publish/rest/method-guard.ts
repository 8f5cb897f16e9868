import type { FastifyInstance } from "fastify";
import { Problem } from "./problem.ts";

/**
 * Answers what a path does not do: OPTIONS with what it does, all else with 405 and `Allow` (RFC 9110, 15.5.6). `paths` is what the
 * routes have taken, url to methods; asked after the last of them.
 */
export const guardMethods = (app: FastifyInstance, paths: ReadonlyMap<string, ReadonlySet<string>>): void => {
  for (const [url, taken] of paths) {
    const allow = [...taken, "OPTIONS"].toSorted().join(", ");
    app.route({
      method: "OPTIONS",
      url,
      config: { access: "open" },
      schema: { hide: true },
      handler: async (_, reply) => reply.code(204).header("allow", allow).send(),
    });
    app.route({
      method: app.supportedMethods.filter((method) => method !== "OPTIONS" && !taken.has(method)),
      url,
      config: { access: "open" },
      schema: { hide: true },
      // Before the body is looked at: whatever is in it, the answer is the same.
      onRequest: async (request) => {
        throw new Problem(405, `${request.method} does nothing here`, { headers: { allow } });
      },
      handler: async () => undefined,
    });
  }
};
