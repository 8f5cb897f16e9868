import type { ProblemView } from "#publish/rest/problem.ts";
import type { Reach } from "./access.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";

export interface Question {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Reply = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly status: number; readonly problem: ProblemView };

const causeOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause as { readonly code?: string } | undefined)?.code : undefined;
  return cause === undefined ? "" : ` (${cause})`;
};

/** Asks the running program. Throws `Stop` when it cannot be reached, or when something else answers there. */
export const ask = async ({ url, key }: Reach, path: string, { method = "GET", body, headers = {} }: Question = {}): Promise<Reply> => {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  let response: Response;
  let text: string;
  try {
    // A redirect would take the key to somebody else.
    response = await fetch(`${url}${path}`, {
      method,
      ...content,
      redirect: "error",
      headers: { ...headers, ...type, "x-api-key": key.reveal(), accept: "application/json" },
    });
    text = await response.text();
  } catch (error) {
    throw new Stop(exitCodes.unreachable, `nothing answers at ${url}${causeOf(error)}; is the program running?`);
  }
  if (response.status === 204) return { ok: true, body: undefined };
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Stop(exitCodes.unreachable, `what answers at ${url} is not Rack Power`);
  }
  return response.ok ? { ok: true, body: data } : { ok: false, status: response.status, problem: data as ProblemView };
};

/** How a script should take an answer that has no outcome in it. */
export const problemCode = (status: number): ExitCode =>
  status === 400 || status === 404 || status === 422 ? exitCodes.usage : status === 401 || status === 403 ? exitCodes.refused : exitCodes.failed;

export const problemText = ({ detail, title, errors }: ProblemView): string =>
  [detail ?? title, ...(errors ?? []).map((error) => `  ${error.pointer ?? error.parameter ?? ""} ${error.detail}`.trimEnd())].join("\n");

/** The body of a good answer; any other ends the command. */
export const askFor = async <T>(reach: Reach, path: string, question?: Question): Promise<T> => {
  const reply = await ask(reach, path, question);
  if (!reply.ok) throw new Stop(problemCode(reply.status), problemText(reply.problem));
  return reply.body as T;
};

export const partPath = (device: string, part: string): string => `/api/v1/devices/${encodeURIComponent(device)}/parts/${encodeURIComponent(part)}`;
