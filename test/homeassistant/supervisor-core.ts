import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { WebSocket, WebSocketServer, type RawData } from "ws";

/** A Core behind the Supervisor: its address, and the token that the Supervisor itself has there. */
export interface CoreBehind {
  readonly url: string;
  readonly token: string;
  readonly version?: string;
}

const reachable = async ({ url, token }: CoreBehind): Promise<boolean> => {
  try {
    return (await fetch(`${url}/api/`, { headers: { authorization: `Bearer ${token}` } })).ok;
  } catch {
    return false;
  }
};

const request = async (
  from: IncomingMessage,
  to: ServerResponse,
  { allowed, core }: { readonly allowed: boolean; readonly core: CoreBehind | undefined },
): Promise<void> => {
  const refuse = (status: number, reason: string): void => void to.writeHead(status, { "content-type": "text/plain" }).end(`${status}: ${reason}`);
  const { method = "GET", url = "" } = from;
  if (/^\/core\/api\/hassio[/_]/.test(url)) return refuse(403, "Forbidden");
  if (!allowed) return refuse(401, "Unauthorized");
  if (!["GET", "POST", "DELETE"].includes(method)) return refuse(405, "Method Not Allowed");
  if (!core || !(await reachable(core))) return refuse(502, "Bad Gateway");
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = { authorization: `Bearer ${core.token}`, "content-type": from.headers["content-type"] ?? "application/json" };
  const answer = await fetch(`${core.url}${url.slice("/core".length)}`, { method, headers, ...(body.length > 0 && { body }) });
  to.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" }).end(Buffer.from(await answer.arrayBuffer()));
};

const paths: ReadonlySet<string> = new Set(["/core/websocket", "/core/api/websocket"]);
/** Commands with which an add-on could ask the Supervisor through Core for what it may not ask itself (api/proxy.py). */
const denied = /^(supervisor|hassio)\//;
/** As the Supervisor tells it, which knows what it runs. */
const usualVersion = "2026.8.3";

/** `ws` gives a Buffer unless it is told otherwise. */
const textOf = (data: RawData): string => (data as Buffer).toString("utf8");

interface ClientMessage {
  readonly id?: number;
  readonly type?: string;
}

/** Logs in at Core as the Supervisor does; resolves when Core has taken the token. */
const enter = async ({ url, token }: CoreBehind): Promise<WebSocket> => {
  const core = new WebSocket(`${url.replace(/^http/, "ws")}/api/websocket`);
  await new Promise<void>((resolve, reject) => {
    core.on("error", reject);
    core.on("message", function hear(data) {
      const { type } = JSON.parse(textOf(data)) as ClientMessage;
      if (type === "auth_required") return core.send(JSON.stringify({ type: "auth", access_token: token }));
      core.off("message", hear);
      return type === "auth_ok" ? resolve() : reject(new Error(type));
    });
  });
  return core;
};

const join = (client: WebSocket, core: WebSocket): void => {
  client.on("message", (data) => {
    const { id, type = "" } = JSON.parse(textOf(data)) as ClientMessage;
    if (!denied.test(type)) return core.send(textOf(data));
    return client.send(JSON.stringify({ id, type: "result", success: false, error: { code: "unauthorized", message: "Unauthorized" } }));
  });
  core.on("message", (data) => client.send(textOf(data)));
  client.on("close", () => core.close());
  core.on("close", () => client.close());
  client.on("error", () => core.terminate());
  core.on("error", () => client.terminate());
};

interface UpgradeOptions {
  readonly allowed: (token: unknown) => boolean;
  readonly core: CoreBehind | undefined;
  readonly gone: boolean;
}

const upgrade = async (from: IncomingMessage, socket: Socket, head: Buffer, { allowed, core, gone }: UpgradeOptions): Promise<void> => {
  socket.on("error", () => socket.destroy());
  const path = from.url?.split("?", 1)[0] ?? "";
  if (gone || !paths.has(path) || !core || !(await reachable(core)))
    return void socket.end(`HTTP/1.1 ${paths.has(path) ? "502 Bad Gateway" : "404 Not Found"}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  new WebSocketServer({ noServer: true }).handleUpgrade(from, socket, head, (client) => {
    const { version = usualVersion } = core;
    client.send(JSON.stringify({ type: "auth_required", ha_version: version }));
    client.once("message", (data) => {
      const { access_token: shown } = JSON.parse(textOf(data)) as { readonly access_token?: string };
      if (!allowed(shown)) {
        client.send(JSON.stringify({ type: "auth_invalid", message: "Invalid access" }));
        return client.close();
      }
      // What comes before Core is there waits: the client has been let in already.
      const early: string[] = [];
      const keep = (message: RawData): void => void early.push(textOf(message));
      client.on("message", keep);
      client.send(JSON.stringify({ type: "auth_ok", ha_version: version }));
      return void enter(core).then(
        (inner) => {
          client.off("message", keep);
          join(client, inner);
          for (const message of early) client.emit("message", Buffer.from(message));
        },
        () => client.close(),
      );
    });
  });
};

/** The way to Core through the Supervisor: its API and its websocket. */
export const proxyCore = { request, upgrade };
