import type { FastifyRequest } from "fastify";
import type { Scope } from "#domain/scope.ts";
import type { Log } from "#platform/log.ts";
import type { Caller } from "./key-ring.ts";
import type { Ingress } from "./option.ts";
import { Problem } from "./problem.ts";

/** Longest name of a person in the audit log. */
const longestName = 100;

/** HTTP headers reach Node as Latin-1; the Supervisor writes them as UTF-8 (aiohttp). What is no UTF-8 stays as it came. */
const textOf = (header: string | readonly string[] | undefined): string => {
  const raw = Buffer.from(String(header ?? ""), "latin1");
  const text = raw.toString("utf8");
  const read = Buffer.from(text, "utf8").equals(raw) ? text : raw.toString("latin1");
  return read
    .replaceAll(/\p{Cc}/gu, "")
    .trim()
    .slice(0, longestName);
};

/** A listener for both families shows IPv4 addresses as `::ffff:172.30.32.2`. */
const peerOf = ({ socket }: FastifyRequest): string => (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/i, "");

const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether the browser says that the request comes from our own page. Browsers leave `Sec-Fetch-Site` out on plain HTTP other than
 * localhost (W3C Fetch Metadata, 2.1: only to trustworthy URLs), so that `Origin` is the usual proof at home; Core tells in
 * `X-Forwarded-Host` which host the browser sees.
 */
const isOwnPage = ({ headers }: FastifyRequest): boolean => {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const origin = URL.parse(headers.origin ?? "");
  const host = String(headers["x-forwarded-host"] ?? headers.host ?? "")
    .split(",", 1)[0]
    ?.trim();
  if (!origin || host === undefined || host === "") return false;
  return origin.host === URL.parse(`${origin.protocol}//${host}`)?.host;
};

/**
 * The person behind a request that came through ingress; undefined for every other request, whatever headers it has. From the
 * Supervisor's address also come its own probes, without these headers (supervisor/api/ingress.py).
 */
export const personBehind = async (request: FastifyRequest, ingress: Ingress | undefined, log: Log): Promise<Caller | undefined> => {
  const { headers } = request;
  const user = textOf(headers["x-remote-user-id"]);
  if (!ingress?.peers.includes(peerOf(request)) || user === "" || headers["x-ingress-path"] === undefined) return undefined;
  // The browser shows Home Assistant's session with every request, also with one that another site made it send.
  if (!safe.has(request.method) && !isOwnPage(request)) throw new Problem(403, "this did not come from Rack Power's own page", { kind: "cross-site" });
  const name = [textOf(headers["x-remote-user-display-name"]), textOf(headers["x-remote-user-name"])].find((one) => one !== "") ?? user;
  let scopes: readonly Scope[] = ["read"];
  try {
    scopes = await ingress.scopes(user);
  } catch (error) {
    log.debug("who is an administrator could not be learned; the user may read", error);
  }
  return { name, user, scopes };
};
