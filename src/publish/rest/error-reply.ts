import { hasZodFastifySchemaValidationErrors, type ZodFastifySchemaValidationError } from "@fastify/type-provider-zod";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isFault } from "#domain/fault.ts";
import type { Log } from "#platform/log.ts";
import { Problem, problemMedia, problemView } from "./problem.ts";
import { faultStatus, isErrorStatus } from "./status.ts";

/** The path that was asked for, as it came, without the query: people put keys there. */
const instanceOf = ({ originalUrl }: FastifyRequest): string => originalUrl.split("?", 1)[0] ?? "/";

const invalid = (context: string, issues: readonly ZodFastifySchemaValidationError[]): Problem => {
  // A path that cannot be the name of anything names nothing.
  if (context === "params") return new Problem(404, "there is no such device or part");
  const errors = issues.map(({ message = "not valid", instancePath }) =>
    context === "body" ? { detail: message, pointer: `#${instancePath === "/" ? "" : instancePath}` } : { detail: message, parameter: instancePath.slice(1) },
  );
  return new Problem(422, `the ${context === "body" ? "body" : "request"} is not as it must be`, { kind: "invalid", errors });
};

const problemOf = (error: unknown): Problem | undefined => {
  if (error instanceof Problem) return error;
  if (isFault(error)) return new Problem(faultStatus[error.kind], error.message, { kind: error.kind });
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error.validationContext ?? "body", error.validation);
  // Fastify's own, such as a body that is too large, of another type or no JSON.
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" && error.statusCode < 500 && isErrorStatus(error.statusCode))
    return new Problem(error.statusCode, error.message);
  return undefined;
};

/** Every error is a problem; what was not foreseen a bare 500, with the rest in the log. */
export const judgeError = (log: Log, error: unknown, request: FastifyRequest): Problem => {
  const known = problemOf(error);
  if (!known) log.error(`${request.method} ${instanceOf(request)} went wrong`, error);
  return known ?? new Problem(500, "an error of Rack Power's own; see its log");
};

/** Every error leaves as a problem (RFC 9457). */
export const sendError =
  (log: Log) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = judgeError(log, error, request);
    return reply
      .code(problem.status)
      .headers(problem.parts.headers ?? {})
      .type(problemMedia)
      .send(JSON.stringify(problemView(problem, instanceOf(request))));
  };
