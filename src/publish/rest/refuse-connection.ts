import type { ConnectionError } from "fastify";
import { Problem, problemMedia, problemView } from "./problem.ts";
import { errorTitles, type ErrorStatus } from "./status.ts";

interface Connection {
  readonly writable: boolean;
  end(text: string): unknown;
  destroy(): unknown;
}

const statusOf = (code: string): ErrorStatus => {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  return 400;
};

/** Answers what is no HTTP request, or did not become one in time, where nothing else can. */
export const refuseConnection = (error: ConnectionError, connection: Connection): void => {
  if (error.code === "ECONNRESET" || !connection.writable) {
    connection.destroy();
    return;
  }
  const status = statusOf(error.code);
  const body = JSON.stringify(problemView(new Problem(status, "this is not a request that can be read")));
  const headers = `Content-Type: ${problemMedia}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  connection.end(`HTTP/1.1 ${status} ${errorTitles[status]}\r\n${headers}\r\n\r\n${body}`);
};
