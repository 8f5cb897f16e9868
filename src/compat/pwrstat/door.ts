import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { equalDigests } from "#platform/constant-time.ts";
import { sha256 } from "#platform/digest.ts";
import { withPort } from "#platform/host.ts";
import { listenFailure } from "#platform/listen-failure.ts";
import type { DoorOptions } from "./option.ts";

export interface Question {
  readonly method: string;
  /** Without what follows a question mark, percent signs resolved. */
  readonly path: string;
  /** False when a key is wanted and another one, or none, was shown. */
  readonly known: boolean;
}
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Door extends AsyncDisposable {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
}

/** What nobody who only asks for a status needs more of. */
const usual = { connections: 512, header: 16_384, headerTime: 10_000, requestTime: 15_000, idleTime: 5_000, answerTime: 15_000 };
/** Connections, bytes and milliseconds. */
export type DoorLimits = Readonly<typeof usual>;

export const html = "text/html; charset=utf-8";

const shownKey = ({ headers }: IncomingMessage): string => String(headers["x-api-key"] ?? /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1] ?? "");

const pathOf = (url = "/"): string => {
  const [path = "/"] = url.replace(/^https?:\/\/[^/]*/i, "").split(/[?#]/, 1);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

const send = (request: IncomingMessage, response: ServerResponse, { status, type, body, headers }: Reply): void => {
  // A body that nobody reads would stand in front of the next request.
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  response.writeHead(status, {
    ...headers,
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...(hasBody && { connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
};

const listen = (server: Server, { host, port }: DoorOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new Error(listenFailure(host, port, error), { cause: error })));
    server.listen({ host, port }, resolve);
  });

const make = (options: DoorOptions, limits: DoorLimits, serve: (request: IncomingMessage, response: ServerResponse) => void): Server => {
  const shape = {
    maxHeaderSize: limits.header,
    headersTimeout: limits.headerTime,
    requestTimeout: limits.requestTime,
    keepAliveTimeout: limits.idleTime,
    connectionsCheckingInterval: Math.min(1_000, limits.headerTime),
  };
  const server = options.tls ? createTlsServer({ ...shape, ...options.tls, handshakeTimeout: limits.headerTime }, serve) : createServer(shape, serve);
  server.maxConnections = limits.connections;
  // Whoever does not take his answer is hung up.
  server.setTimeout(limits.answerTime);
  return server;
};

const made: typeof make = (options, limits, serve) => {
  try {
    return make(options, limits, serve);
  } catch (error) {
    throw new Error(`cannot use its certificate or key: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};

/** Answers requests until disposed. Rejects, with one sentence for a person, when the address cannot be had or the certificate is none. */
export const openDoor = async (options: DoorOptions, answer: (question: Question) => Reply, limits: Partial<DoorLimits> = {}): Promise<Door> => {
  const wanted = options.keyHash === undefined ? undefined : Buffer.from(options.keyHash, "hex");
  const knows = (request: IncomingMessage): boolean => wanted === undefined || equalDigests(Buffer.from(sha256(shownKey(request)), "hex"), wanted);
  const server = made(options, { ...usual, ...limits }, (request, response) =>
    send(request, response, answer({ method: request.method ?? "", path: pathOf(request.url), known: knows(request) })),
  );
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? "https" : "http"}://${withPort(options.host, port)}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
