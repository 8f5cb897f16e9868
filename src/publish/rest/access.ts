import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { allows, type Scope } from "#domain/scope.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import { personBehind } from "./ingress.ts";
import type { Caller, KeyRing } from "./key-ring.ts";
import type { Ingress, RestLimits } from "./option.ts";
import { Problem } from "./problem.ts";

/** What a path asks of its caller. `open`: nothing. A path that says nothing is for `admin` only. */
export type Access = Scope | "open";

declare module "fastify" {
  interface FastifyContextConfig {
    readonly access?: Access;
  }
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

export interface AccessServices {
  readonly keys: KeyRing;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: RestLimits;
  readonly ingress: Ingress | undefined;
}

const minute = 60_000;
/** Addresses whose last refusal is remembered. */
const mostAddresses = 1_000;

/** `X-API-Key`, or else `Authorization: Bearer`, which is what Prometheus sends. */
const shownKey = ({ headers }: FastifyRequest): string | undefined => {
  const own = headers["x-api-key"];
  if (own !== undefined) return String(own);
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
};

const noKey = (wrong: boolean): Problem =>
  new Problem(401, wrong ? "this API key is not known" : "an API key is needed, in the header X-API-Key", {
    kind: wrong ? "wrong-key" : "no-key",
    headers: { "www-authenticate": 'Bearer realm="rack-power"' },
  });

/** Says once per address and minute that somebody was turned away; never which key he showed. */
const createWitness = (log: Log, clock: Clock): ((address: string) => void) => {
  const told = new Map<string, number>();
  return (address) => {
    const now = clock.monotonic();
    const last = told.get(address);
    if (last !== undefined && now - last < minute) return;
    if (told.size >= mostAddresses) told.clear();
    told.set(address, now);
    log.warn(`${address} was turned away: wrong API key`);
  };
};

/** Puts a guard before every path: who calls, how often, and whether he may. */
export const guard = (app: FastifyInstance, { keys, log, clock, limits, ingress }: AccessServices): void => {
  const witness = createWitness(log, clock);
  const who = ({ caller, ip }: FastifyRequest): string => {
    if (!caller) return `address ${ip}`;
    return caller.user === undefined ? `caller key ${caller.name}` : `caller user ${caller.user}`;
  };
  const uses = app.createRateLimit({
    timeWindow: minute,
    max: (_request, key) => (key.startsWith("caller ") ? limits.keyRequests : limits.addressRequests),
    keyGenerator: who,
  });
  const failures = app.createRateLimit({ timeWindow: minute, max: limits.wrongKeys, keyGenerator: (request) => `wrong ${request.ip}` });

  const tooMany = (seconds: number, detail: string): Problem => new Problem(429, detail, { headers: { "retry-after": String(Math.max(1, seconds)) } });

  /** As long as nobody has shown a wrong key, there is nothing to look up. */
  let anyFailure = false;
  const identify = async (request: FastifyRequest): Promise<Caller | undefined> => {
    const key = shownKey(request);
    if (key === undefined) return personBehind(request, ingress, log);
    const before = anyFailure ? await failures(request, { increment: false }) : undefined;
    if (before && !before.isAllowed && before.remaining === 0) throw tooMany(before.ttlInSeconds, "too many wrong API keys from this address");
    const caller = keys.find(key);
    if (caller) return caller;
    anyFailure = true;
    await failures(request);
    witness(request.ip);
    throw noKey(true);
  };

  app.decorateRequest("caller", undefined);
  app.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    reply.header("cache-control", "no-store");
    request.caller = await identify(request);
    const use = await uses(request);
    if (!use.isAllowed && use.isExceeded) throw tooMany(use.ttlInSeconds, "too many requests; see Retry-After");
    const needed = request.is404 ? "open" : (request.routeOptions.config.access ?? "admin");
    if (needed === "open") return;
    if (!request.caller) throw noKey(false);
    if (allows(request.caller.scopes, needed)) return;
    const wanted = request.caller.user === undefined ? `an API key with the scope ${needed}` : "an administrator of Home Assistant";
    throw new Problem(403, `this needs ${wanted}`, { kind: "scope" });
  });
};
