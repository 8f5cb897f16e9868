import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";

/** Of Home Assistant's user, what the Supervisor tells an add-on; names may be missing. */
export interface IngressUser {
  readonly id: string;
  readonly username?: string;
  readonly displayName?: string;
}

interface IngressPlace {
  readonly port: number;
  readonly token: string;
  readonly sessions: ReadonlyMap<string, IngressUser | undefined>;
}

/** Taken from what a browser sends by Core or by the Supervisor (api/ingress.py, _init_header). */
const dropped = new Set([
  "accept-encoding",
  "content-encoding",
  "transfer-encoding",
  "connection",
  "x-ingress-path",
  "x-hassio-key",
  "x-supervisor-token",
  "x-remote-user-id",
  "x-remote-user-name",
  "x-remote-user-display-name",
]);
const lost = new Set(["transfer-encoding", "content-length", "content-type", "content-encoding", "connection", "keep-alive"]);

const latin = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

const headersFor = ({ headers, socket }: IncomingMessage, user: IngressUser | undefined, token: string): Record<string, string | string[]> => {
  const kept = Object.entries(headers).flatMap(([name, value]) => (value === undefined || dropped.has(name) ? [] : [[name, value] as const]));
  return {
    ...Object.fromEntries(kept),
    ...(user && { "x-remote-user-id": user.id }),
    ...(user?.username !== undefined && { "x-remote-user-name": latin(user.username) }),
    ...(user?.displayName !== undefined && { "x-remote-user-display-name": latin(user.displayName) }),
    "x-ingress-path": `/api/hassio_ingress/${token}`,
    "x-hass-source": "core.ingress",
    "x-forwarded-for": `${socket.remoteAddress}, 172.30.32.1`,
    "x-forwarded-host": headers.host ?? "",
    "x-forwarded-proto": "http",
  };
};

/**
 * Core's and the Supervisor's part of ingress in one: the session's cookie, the headers, and what is lost on the way back, such as the charset of a
 * content type. The request comes from an address of its own, as the real one does.
 */
export const proxyIngress = async (request: IncomingMessage, response: ServerResponse, { port, token, sessions }: IngressPlace): Promise<void> => {
  const session = /(?:^|;\s*)ingress_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
  if (!sessions.has(session)) return void response.writeHead(401, { "content-type": "text/plain" }).end("401: Unauthorized");
  const path = (request.url ?? "").slice(`/api/hassio_ingress/${token}`.length);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = { ...headersFor(request, sessions.get(session), token), ...(body.length > 0 && { "content-length": String(body.length) }) };
  const inner = ask({ host: "127.0.0.1", port, localAddress: "127.0.0.2", method: request.method, path, headers }, (answer) => {
    const back = Object.entries(answer.headers).flatMap(([name, value]) => (value === undefined || lost.has(name) ? [] : [[name, value] as const]));
    const type = answer.headers["content-type"]?.split(";", 1)[0]?.trim();
    response.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(back), ...(type !== undefined && { "content-type": type }) });
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  response.on("close", () => inner.destroy());
  inner.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502, { "content-type": "text/plain" }).end("502: Bad Gateway")));
  inner.end(body);
};
