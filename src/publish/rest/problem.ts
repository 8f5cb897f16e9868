import { z } from "zod";
import { outcomeSchema, type OutcomeView } from "./outcome-view.ts";
import { errorTitles, type ErrorStatus } from "./status.ts";

export const problemMedia = "application/problem+json";

/** What is wrong with one part of a request. */
const violationSchema = z.object({
  detail: z.string(),
  pointer: z.string().optional().describe("JSON Pointer into the body, as a URI fragment"),
  parameter: z.string().optional().describe("Name of the query parameter or header"),
});

/** RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string().describe("Names the kind of problem and never changes; not a place to look"),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("One sentence for a person"),
    instance: z.string().optional().describe("The path that was asked for"),
    errors: z.array(violationSchema).optional(),
    outcome: outcomeSchema.optional().describe("The end of the command, where there was one"),
    confirm: z.string().optional().describe("Send the same command again with this token to confirm it; good once"),
    confirmSeconds: z.number().optional().describe("How long the token is good, in seconds"),
  })
  .meta({ id: "Problem" });
export type ProblemView = z.infer<typeof problemSchema>;
type Violation = z.infer<typeof violationSchema>;

export interface ProblemParts {
  /** The tail of `type`; without it the status says all there is to say. */
  readonly kind?: string;
  readonly errors?: readonly Violation[];
  readonly outcome?: OutcomeView;
  readonly confirm?: string;
  readonly confirmSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is an error. The message is the `detail` and is written for whoever asked. */
export class Problem extends Error {
  readonly status: ErrorStatus;
  readonly parts: ProblemParts;
  constructor(status: ErrorStatus, detail: string, parts: ProblemParts = {}) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.parts = parts;
  }
}

export const problemView = ({ status, message, parts }: Problem, instance?: string): ProblemView => {
  const { kind, headers: _, errors, ...rest } = parts;
  return {
    type: kind === undefined ? "about:blank" : `urn:rack-power:problem:${kind}`,
    title: errorTitles[status],
    status,
    detail: message,
    ...(instance !== undefined && { instance }),
    ...(errors && { errors: [...errors] }),
    ...rest,
  };
};
