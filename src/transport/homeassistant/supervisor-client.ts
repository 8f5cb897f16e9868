import { Fault, type FaultKind } from "#domain/fault.ts";
import type { Secret } from "#domain/secret.ts";
import { deadline } from "#platform/abort.ts";
import { readHost } from "#platform/host.ts";

/** Our own add-on, as the Supervisor knows it. */
export interface AddonInfo {
  /** With the repository's prefix: `a0b1c2d3_rack_power`. */
  readonly slug: string;
  /** How other containers reach us. */
  readonly hostname: string;
}

/** The broker that another add-on provides. */
export interface BrokerService {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** Each throws `Fault`: unreachable, timeout, denied, rejected, busy, malformed. */
export interface SupervisorClient {
  info(signal: AbortSignal): Promise<AddonInfo>;
  /** The options as they are now; the file in the data folder holds those of the last start. */
  options(signal: AbortSignal): Promise<unknown>;
  /** Undefined while no add-on provides a broker. */
  broker(signal: AbortSignal): Promise<BrokerService | undefined>;
  /** Tells Core of us. The same message again changes nothing; another one takes its place. Gives its id. */
  discover(service: string, config: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<string>;
}

const within = 10_000;
type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : undefined;
};

const kindOf = (status: number): FaultKind => {
  if (status === 401 || status === 403) return "denied";
  return status >= 500 ? "busy" : "rejected";
};

const parse = (text: string): Fields | undefined => {
  try {
    const data: unknown = JSON.parse(text);
    return isFields(data) ? data : undefined;
  } catch {
    return undefined;
  }
};

/** What it says of itself is shown, cut and on one line: it may be a page of HTML. */
const refusal = (what: string, status: number, body: Fields | undefined): Fault => {
  const message = body && textIn(body, "message")?.replace(/\s+/g, " ").replace(/\.$/, "").slice(0, 200);
  if (kindOf(status) === "denied") return new Fault("denied", `the Supervisor does not allow ${what} (${message ?? status})`);
  return new Fault(kindOf(status), `the Supervisor refuses ${what} (${status}${message === undefined ? "" : `: ${message}`})`);
};

const malformed = (what: string): Fault => new Fault("malformed", `the Supervisor's answer to ${what} is not understood`);

const failure = (error: unknown, what: string): Fault => {
  if (error instanceof Error && error.name === "TimeoutError")
    return new Fault("timeout", `the Supervisor did not answer ${what} within ${within / 1000} s`, { cause: error });
  const { code } = (error instanceof Error ? (error.cause ?? {}) : {}) as { readonly code?: unknown };
  return new Fault("unreachable", `the Supervisor cannot be reached${typeof code === "string" ? ` (${code})` : ""}`, { cause: error });
};

/** No add-on provides the service: api/services.py of the Supervisor answers 400 "Service not enabled", and an unknown service 404. */
const isAbsence = (fault: unknown): boolean => fault instanceof Fault && fault.kind === "rejected" && /not enabled|does not exist/i.test(fault.message);

const brokerIn = (data: Fields): BrokerService => {
  const { port, ssl } = data;
  const host = textIn(data, "host");
  const number = Number(port);
  const usable = host !== undefined && "host" in readHost(host) && Number.isInteger(number) && number > 0 && number < 65_536;
  if (!usable) throw malformed("the question for the broker");
  const username = textIn(data, "username");
  const password = textIn(data, "password");
  return { host, port: number, ssl: ssl === true, ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
};

/**
 * The part of the Supervisor's API that an add-on may use without asking for rights (api/middleware/security.py, ADDONS_API_BYPASS). Every answer is
 * `{ result: "ok", data }` or `{ result: "error", message }`; what its web server refuses itself is plain text.
 */
export const createSupervisor = (url: string, token: Secret): SupervisorClient => {
  const ask = async (what: string, path: string, signal: AbortSignal, body?: unknown): Promise<Fields> => {
    const limit = deadline(within, signal);
    let status: number;
    let text: string;
    try {
      // A redirect would take the token to somebody else.
      const response = await fetch(url + path, {
        redirect: "manual",
        signal: limit,
        headers: { authorization: `Bearer ${token.reveal()}`, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw signal.aborted ? error : failure(error, what);
    }
    const answer = parse(text);
    if (status >= 400) throw refusal(what, status, answer);
    if (answer?.["result"] === "error") throw refusal(what, 400, answer);
    if (answer?.["result"] !== "ok" || !isFields(answer["data"])) throw malformed(what);
    return answer["data"];
  };
  return {
    info: async (signal) => {
      const what = "the question who we are";
      const data = await ask(what, "/addons/self/info", signal);
      const [slug, hostname] = [textIn(data, "slug"), textIn(data, "hostname")];
      if (slug === undefined || hostname === undefined) throw malformed(what);
      return { slug, hostname };
    },
    options: (signal) => ask("the question for the options", "/addons/self/options/config", signal),
    broker: async (signal) => {
      try {
        return brokerIn(await ask("the question for the broker", "/services/mqtt", signal));
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
    },
    discover: async (service, config, signal) => {
      const what = "the message for Home Assistant";
      const uuid = textIn(await ask(what, "/discovery", signal, { service, config }), "uuid");
      if (uuid === undefined) throw malformed(what);
      return uuid;
    },
  };
};
