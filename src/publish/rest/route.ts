import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "@fastify/type-provider-zod";
import type { RestDependencies, RestLimits } from "./option.ts";
import { problemSchema } from "./problem.ts";
import type { ErrorStatus } from "./status.ts";

/** The server as routes see it: what a schema says, the handler gets. */
export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, ZodTypeProvider>;

export interface RouteServices extends RestDependencies {
  readonly limits: RestLimits;
}

/** Errors that any path may answer with, by whom is asking and how. */
const everywhere = [400, 401, 403, 404, 422, 429, 500] as const satisfies readonly ErrorStatus[];

/** The error half of a route's `response`. */
export const problems = (...more: readonly ErrorStatus[]): Readonly<Record<number, typeof problemSchema>> =>
  Object.fromEntries([...everywhere, ...more].map((status) => [status, problemSchema]));

/** The key goes in either header. */
export const keyed: { [scheme: string]: string[] }[] = [{ key: [] }, { bearer: [] }];
