import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** One client, as a test wants to treat it. */
export interface WebsocketClient {
  readonly path: string;
  send(text: string): void;
  /** Ends the connection without a word. */
  destroy(): void;
}

export interface WebsocketServer extends AsyncDisposable {
  readonly port: number;
  readonly clients: ReadonlySet<WebsocketClient>;
}

const frame = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload;
  const head = length < 126 ? Buffer.from([0, length]) : length < 65_536 ? Buffer.from([0, 126, 0, 0]) : Buffer.from([0, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) head.writeUInt16BE(length, 2);
  head[0] = 0x80 | opcode;
  return Buffer.concat([head, payload]);
};

/** The first whole frame of a client (RFC 6455, 5.2: masked), or undefined while it is not whole. */
const take = (bytes: Buffer): { readonly opcode: number; readonly payload: Buffer; readonly rest: Buffer } | undefined => {
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < head + 4) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < head + 4 + length) return undefined;
  const mask = bytes.subarray(head, head + 4);
  const payload = Buffer.from(bytes.subarray(head + 4, head + 4 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, rest: bytes.subarray(head + 4 + length) };
};

const shake = (request: IncomingMessage): string =>
  [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")}`,
    "",
    "",
  ].join("\r\n");

/** A websocket server that says what the test wants, however wrong. `joined` returns what is called with each text of the client. */
export const startWebsocketServer = async (joined: (client: WebsocketClient) => (text: string) => void, port = 0): Promise<WebsocketServer> => {
  const clients = new Set<WebsocketClient>();
  const server = createServer((request, response) => void response.writeHead(request.url === "/api/" ? 200 : 404).end());
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    socket.write(shake(request));
    const client: WebsocketClient = {
      path: request.url ?? "",
      send: (text) => void socket.write(frame(1, Buffer.from(text))),
      destroy: () => void socket.destroy(),
    };
    clients.add(client);
    const heard = joined(client);
    let bytes: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let next = take(bytes); next; next = take(bytes)) {
        bytes = next.rest;
        if (next.opcode === 8) socket.end(frame(8, next.payload));
        else if (next.opcode === 1) heard(next.payload.toString());
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => void clients.delete(client));
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    clients,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
};
